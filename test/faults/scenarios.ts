import type { Scenario } from './scenario.ts';
import { corruptScenario } from './scenarios/corrupt.ts';
import { failpointScenario } from './scenarios/failpoints.ts';
import { killFinalScenario, killScenario } from './scenarios/kills.ts';
import { limitsScenario } from './scenarios/limits.ts';
import { networkScenario } from './scenarios/network.ts';
import { redeliveryScenario } from './scenarios/redelivery.ts';
import { resourceScenario } from './scenarios/resources.ts';
import { rollingScenario } from './scenarios/rolling.ts';
import { storeTroubleScenario } from './scenarios/store-trouble.ts';
import { pauseScenario, takeOverScenario } from './scenarios/take-over.ts';

/** Everything that is done to the service. A new scenario is a file and a line here. */
export const scenarios: readonly Scenario[] = [
  redeliveryScenario,
  killScenario,
  killFinalScenario,
  failpointScenario,
  networkScenario,
  limitsScenario,
  storeTroubleScenario,
  corruptScenario,
  rollingScenario,
  takeOverScenario,
  pauseScenario,
  resourceScenario,
];
