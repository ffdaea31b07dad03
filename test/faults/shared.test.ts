import { describe } from 'vitest';
import { postgresIsMissing, postgresUrl } from '../fakes/postgres.ts';
import { killScenario } from './scenarios/kills.ts';
import { redeliveryScenario } from './scenarios/redelivery.ts';
import { rollingScenario } from './scenarios/rolling.ts';
import { storeTroubleScenario } from './scenarios/store-trouble.ts';
import { pauseScenario, takeOverScenario } from './scenarios/take-over.ts';
import { tryBriefly } from './short-run.ts';

const url = await postgresUrl();
if (url === undefined) console.warn(postgresIsMissing);

const server = async (): Promise<string> => {
  if (url === undefined) throw new Error(postgresIsMissing);
  return url;
};

describe.skipIf(url === undefined)(
  'nothing is lost, nothing is answered twice, nothing is left spinning, on a shared database',
  () => {
    for (const scenario of [killScenario, storeTroubleScenario])
      tryBriefly(scenario, { engine: 'postgres', replicas: 1 }, server);
    for (const scenario of [redeliveryScenario, rollingScenario, takeOverScenario, pauseScenario])
      tryBriefly(scenario, { engine: 'postgres', replicas: 2 }, server);
  },
);
