import type { FeishuSimulator } from '../simulators/feishu/simulator.ts';
import type { MessageView } from '../simulators/feishu/views.ts';
import type { SimMessage } from '../simulators/feishu/world-types.ts';

/** What was said to the bot, and what must become of it. `answer` undefined: a command, whose words are its own. */
export type Expected = {
  readonly message: SimMessage;
  /** Stands in the question and in every line of its answer, and nowhere else. */
  readonly mark: string;
  readonly answer: string | undefined;
  /** Whether Retry was pressed; `perhaps`: the service died before it said so. */
  retried: 'no' | 'perhaps' | 'yes';
};

const endsExpected = { no: [1], perhaps: [1, 2], yes: [2] } as const;

const interrupted = /服务重启了|服务正在重启/;

const wordsOf = (reply: MessageView): string => `${JSON.stringify(reply.card?.json ?? {})}${reply.text}`;
const textOf = (reply: MessageView): string => reply.card?.texts['answer'] ?? '';

/** What a card says beside the answer itself. */
function notesOf(shown: readonly MessageView[]): string {
  return shown
    .map(({ card }) =>
      Object.entries(card?.texts ?? {})
        .map(([id, text]) => `${id}=${id === 'answer' ? text.length : text}`)
        .join(' '),
    )
    .join(' | ');
}

/** The replies to one message, oldest first: several when the answer is longer than a card or was asked for again. */
export function repliesTo(feishu: FeishuSimulator, { message }: Expected): readonly MessageView[] {
  return feishu
    .messages(message.chatId)
    .filter(({ from, parentId }) => from.kind === 'bot' && parentId === message.messageId);
}

/** A question's reply has ended when its last card has a footer; a command's when it stands there. */
function isEnd(reply: MessageView, { answer }: Expected): boolean {
  if (reply.card?.streaming === true) return false;
  return answer === undefined || reply.card?.texts['footer'] !== undefined;
}

/** Whether nothing more is to be waited for. */
export function hasEnded(feishu: FeishuSimulator, expected: Expected): boolean {
  const shown = repliesTo(feishu, expected);
  const ends = shown.filter((reply) => isEnd(reply, expected)).length;
  const quiet = shown.every(({ card }) => card?.streaming !== true);
  return quiet && endsExpected[expected.retried].some((count) => count === ends);
}

function faultsOfReply(feishu: FeishuSimulator, expected: Expected): string[] {
  const { mark, answer } = expected;
  const shown = repliesTo(feishu, expected);
  const ends = shown.filter((reply) => isEnd(reply, expected));
  const faults: string[] = [];
  if (!endsExpected[expected.retried].some((count) => count === ends.length))
    faults.push(`${mark}: ${ends.length} ends in ${shown.length} replies, retried: ${expected.retried}`);
  if (shown.some(({ card }) => card?.streaming === true)) faults.push(`${mark}: a card still streams`);
  if (answer === undefined && shown.length > 1) faults.push(`${mark}: ${shown.length} replies to a command`);
  if (answer !== undefined && ends.length > 0) {
    const text = shown.map(textOf).join('');
    const told = shown.some((reply) => interrupted.test(wordsOf(reply)));
    if (text !== answer.repeat(ends.length) && !told)
      faults.push(`${mark}: ${text.length} of ${answer.length} characters, no note: ${notesOf(shown)}`);
    if (told && ends.length === 1 && !answer.startsWith(text))
      faults.push(`${mark}: what was kept is not the beginning`);
  }
  return faults;
}

function faultsOfCards(feishu: FeishuSimulator, all: readonly Expected[]): string[] {
  const ours = new Map(all.map((expected) => [expected.message.messageId, expected]));
  return feishu
    .chats()
    .flatMap(({ chatId }) => feishu.messages(chatId))
    .filter(({ from }) => from.kind === 'bot')
    .flatMap((reply) => {
      const expected = ours.get(reply.parentId ?? '');
      const sequences = reply.card?.sequences ?? [];
      const rising = sequences.every((sequence, index) => sequence > (sequences[index - 1] ?? -1));
      const strangers = all.filter(({ mark }) => mark !== expected?.mark && wordsOf(reply).includes(mark));
      return [
        ...(expected === undefined ? [`${reply.messageId}: answers nothing that was said`] : []),
        ...(rising ? [] : [`${expected?.mark}: sequences ${sequences.join(' ')}`]),
        ...strangers.map(({ mark }) => `${expected?.mark}: shows words of ${mark}`),
      ];
    });
}

/** A used sequence number: of a call that was on its way when its process died, and came after its successor's. */
const late = 300317;
/**
 * The card is being pressed: for as long as that is not answered the platform takes no edit of it. Nobody can know of a press
 * that is still on its way; such a call is repeated, and the end of the reply, which is looked at, shows that it was.
 */
const pressed = 200810;

function refusals(feishu: FeishuSimulator): string[] {
  const all = feishu.refused();
  const troubled = all.some(({ fault }) => fault !== undefined);
  return all
    .filter(({ fault, code }) => fault === undefined && code !== pressed && !(troubled && code === late))
    .map(({ api, code, status }) => `refused: ${api} ${status} ${code}`);
}

/**
 * Looks at everything that can be seen on the platform: one closed reply for each message, whole or with a note; no
 * card streaming; no words in another conversation; sequences rising; no call refused. Gives back what is wrong.
 */
export function findFaults(feishu: FeishuSimulator, all: readonly Expected[]): readonly string[] {
  return [
    ...all.flatMap((expected) => faultsOfReply(feishu, expected)),
    ...faultsOfCards(feishu, all),
    ...refusals(feishu),
  ];
}
