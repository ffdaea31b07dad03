import { streamFaults, httpFaults } from '../simulators/qwen/faults.ts';
import { createRandom } from '../simulators/qwen/ticker.ts';
import type { Answer, ChatQuestion, Fault, QwenSimulator } from '../simulators/qwen/types.ts';
import type { SoakPlatform, SoakSaid, Spoken } from './soak-platforms.ts';

/** What a company of this size asks on a working day, fifty times as fast. */
export const assumption = { people: 300, questionsPerPerson: 10, hours: 8, times: 50 } as const;
const { people, questionsPerPerson, hours, times } = assumption;
export const messagesPerSecond = (people * questionsPerPerson * times) / (hours * 3_600);

/** So much faster while caches fill and code is compiled, which is not looked at. */
export const warmUpTimes = 3;

/** How often each thing happens, in a hundred. */
const mixture = [
  { share: 48, act: 'question' },
  { share: 10, act: 'long-answer' },
  { share: 10, act: 'picture' },
  { share: 10, act: 'command' },
  { share: 5, act: 'stop' },
  { share: 5, act: 'recall' },
  { share: 4, act: 'retry' },
  { share: 4, act: 'redelivery' },
  { share: 4, act: 'model-fault' },
] as const;

type Act = (typeof mixture)[number]['act'];

const commands = ['/help', '/usage', '/whoami', '/model', '/why', '/new', '/lang zh'];
const faults: readonly Fault[] = [
  httpFaults.serverError,
  httpFaults.badGateway,
  streamFaults['error-event'],
  streamFaults['end-early'],
  streamFaults.reset,
  streamFaults.noise,
];
/** After that long a question is being answered. */
const underWayMs = 600;
const longMark = '详细';

/** The stand-in model: short answers, and long ones to those who want to know it in detail. */
export function answerOf({ messages }: ChatQuestion): Answer {
  const asked = messages.at(-1)?.text ?? '';
  return {
    text: asked.includes(longMark)
      ? '这一段说得详细些。\n\n'.repeat(60)
      : `关于“${asked.slice(0, 20)}”：可以。`,
  };
}

export type Talk = {
  /** The next thing somebody does. Resolves when what belongs to it is done, too. */
  next(): Promise<void>;
  /** Messages said so far. */
  said(): number;
};

/** People of all platforms in turn; who, where and what by chance, the same at every run. */
export function createTalk(
  platforms: readonly SoakPlatform[],
  qwen: Pick<QwenSimulator, 'failNext'>,
  picture: Buffer,
): Talk {
  const random = createRandom(1);
  const perPlatform = Math.ceil(people / platforms.length);
  let turn = 0;
  let said = 0;

  function pick<Item>(items: readonly Item[]): Item {
    const item = items[Math.floor(random() * items.length)];
    if (item === undefined) throw new Error('nothing to choose from');
    return item;
  }

  function act(): Act {
    let left = random() * 100;
    return mixture.find(({ share }) => (left -= share) < 0)?.act ?? 'question';
  }

  async function next(): Promise<void> {
    const platform = platforms[turn % platforms.length];
    turn += 1;
    if (platform === undefined) return;
    const place = { person: Math.floor(random() * perPlatform), where: pick(['direct', 'group'] as const) };
    const say = (text: string, more: Partial<SoakSaid> = {}): Spoken => {
      said += 1;
      return platform.say({ ...place, text, ...more });
    };
    const question = `第 ${turn} 个问题`;
    switch (act()) {
      case 'question':
        return void say(question);
      case 'long-answer':
        return void say(`${question}，请${longMark}说明`);
      case 'picture':
        return void say(`${question}：图里是什么`, { picture });
      case 'command':
        return void say(pick(commands));
      case 'stop':
        say(`${question}，请${longMark}说明`);
        await sleep(underWayMs);
        return void say('/stop');
      case 'recall': {
        const spoken = say(`${question}，请${longMark}说明`);
        await sleep(underWayMs);
        return spoken.recall();
      }
      case 'retry':
        return say(question).press('重试');
      case 'redelivery':
        return say(question).redeliver();
      case 'model-fault':
        qwen.failNext(pick(faults));
        return void say(question);
    }
  }

  return { next, said: () => said };
}

const sleep = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));
