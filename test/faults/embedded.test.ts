import { describe } from 'vitest';
import { corruptScenario } from './scenarios/corrupt.ts';
import { failpointScenario } from './scenarios/failpoints.ts';
import { killScenario } from './scenarios/kills.ts';
import { networkScenario } from './scenarios/network.ts';
import { redeliveryScenario } from './scenarios/redelivery.ts';
import { rollingScenario } from './scenarios/rolling.ts';
import { storeTroubleScenario } from './scenarios/store-trouble.ts';
import { tryBriefly } from './short-run.ts';

const noServer = async (): Promise<string> => {
  throw new Error('the embedded database needs no server');
};

describe('nothing is lost, nothing is answered twice, nothing is left spinning, on the embedded database', () => {
  for (const scenario of [
    redeliveryScenario,
    killScenario,
    failpointScenario,
    networkScenario,
    rollingScenario,
    storeTroubleScenario,
    corruptScenario,
  ])
    tryBriefly(scenario, { engine: 'sqlite', replicas: 1 }, noServer);
});
