import { setTimeout as wait } from 'node:timers/promises';
import { startBridge, type Bridge } from '../../e2e/feishu-bridge.ts';
import type { Scenario, ScenarioRun } from '../scenario.ts';

/** Edits of a card's text: Feishu takes a thousand a minute of one app. */
const edits = 'cardkit.cardElement.content';
const minuteMs = 60_000;
const conversations = 10;
const words = '一二三四五六七八九十'.repeat(110);
const beforeKillMs = 14_000;

/** Many answers grow at once; the process dies in the middle of the platform's minute, and its successor goes on. */
export const limitsScenario: Scenario = {
  name: 'limits',
  what: 'kill -9 near a limit on a minute: whoever starts then must know what the dead process has used of it',
  ways: [{ engine: 'sqlite', replicas: 1 }],
  rounds: { long: 2, short: 1 },
  async run(run) {
    const tally = { calls: 0, refused: 0, unclosed: 0 };
    for (let round = 0; round < run.rounds; round += 1) await oneRound(run, tally);
    return {
      figures: [
        { name: 'calls in the minutes of the kills', value: tally.calls, unit: 'calls' },
        { name: 'of them refused', value: tally.refused, unit: 'calls', target: 0 },
        { name: 'replies not closed', value: tally.unclosed, unit: 'replies', target: 0 },
      ],
      faults: [],
    };
  },
};

type Tally = { calls: number; refused: number; unclosed: number };

async function oneRound({ note }: ScenarioRun, tally: Tally): Promise<void> {
  const bridge = await startBridge({
    webhook: true,
    qwen: { answer: () => ({ text: words }), speed: { firstTokenDelayMs: 20, tokensPerSecond: 25 } },
  });
  try {
    const chats = askEverywhere(bridge);
    const startedAt = performance.now();
    await wait(beforeKillMs);
    note(`killed after ${editsOf(bridge)} edits`);
    await bridge.restart('SIGKILL');
    await wait(startedAt + minuteMs - performance.now());
    tally.calls += editsOf(bridge);
    // From here on nothing more is looked at but that every reply comes to its end.
    bridge.qwen.setSpeed({ firstTokenDelayMs: 1, tokensPerSecond: 10_000 });
    for (const { chatId } of chats)
      await bridge.closed(1, chatId).catch(() => {
        tally.unclosed += 1;
      });
    tally.refused += bridge.feishu.refused().length;
  } finally {
    await bridge.stop();
  }
}

const editsOf = ({ feishu }: Bridge): number => feishu.calls().filter(({ api }) => api === edits).length;

function askEverywhere(bridge: Bridge) {
  return Array.from({ length: conversations }, (_, index) => {
    const from = bridge.feishu.addUser({ name: `同事 ${index}` });
    const chat = bridge.feishu.addChat({ kind: 'group', name: `群 ${index}`, members: [from] });
    bridge.say({ kind: 'text', text: '@{bot} 讲个长故事' }, { chat, from });
    return chat;
  });
}
