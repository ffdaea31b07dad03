import {
  createDingTalkHarness,
  dingtalkTemplate,
  type DingTalkSetting,
} from '../contract/dingtalk-harness.ts';
import { startDingTalkSimulator, type DingTalkSimulator } from '../simulators/dingtalk/simulator.ts';
import { throughHarness, type CreateStage, type Stage, type StageTraits } from './stage.ts';

/** Without a template the answer comes once, whole. Presses come back over Stream only. */
export const dingtalkTraits = ({ mode, cards }: DingTalkSetting): StageTraits => ({
  live: cards,
  buttons: cards && mode === 'stream',
  pictures: { most: 3, withWords: true },
  resumes: cards,
  redelivers: mode === 'stream',
  // The signature of a callback covers its time and nothing else.
  ...(mode === 'webhook' ? { forgeable: true } : {}),
});

/** Each signature is good for one message, which is wanted; what happens to a second one is asked in the adapter's own tests. */
const rules = { callbackTimes: 'distinct' } as const;

/** DingTalk, simulated, for the real service. */
export const dingtalkStage =
  (setting: DingTalkSetting): CreateStage =>
  async () =>
    dingtalkStageOn(await startDingTalkSimulator({ templates: [dingtalkTemplate], rules }), setting);

/** The same on a simulator that runs already. */
export function dingtalkStageOn(sim: DingTalkSimulator, setting: DingTalkSetting): Stage {
  const harness = createDingTalkHarness(sim, setting);
  const { mode, cards } = setting;
  const [asker] = sim.people();
  return {
    ...throughHarness(harness),
    traits: dingtalkTraits(setting),
    environment: {
      DINGTALK_CLIENT_ID: sim.app.clientId,
      DINGTALK_CLIENT_SECRET: sim.app.clientSecret,
      DINGTALK_MODE: mode,
      DINGTALK_BASE_URL: sim.url,
      DINGTALK_OAPI_BASE_URL: sim.oapiUrl,
      ...(cards ? { DINGTALK_CARD_TEMPLATE_ID: dingtalkTemplate.id } : {}),
      ADMINS: `dingtalk:${asker?.staffId ?? ''}`,
    },
    async point(port) {
      if (mode === 'webhook')
        sim.useCallback({ url: `http://127.0.0.1:${port}/webhooks/dingtalk`, signature: 'right' });
    },
    reachable: () => mode === 'webhook' || sim.connections().some((connection) => !connection.leaving()),
    settled: () => sim.deliveries().every(({ state }) => state === 'acknowledged'),
    stop: () => sim.stop(),
  };
}
