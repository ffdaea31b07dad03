import { describe, expect, it } from 'vitest';
import type { ShownReply } from '../../contract/harness.ts';
import type { StoredTurn } from './database.ts';
import { answerTo } from './marks.ts';
import { findFaults, tally, type Seen } from './oracle.ts';

const reply = (words: string, more: Partial<ShownReply> = {}): ShownReply => ({
  id: 'r',
  text: words,
  buttons: [],
  words,
  live: false,
  pings: [],
  ...more,
});

const turn = (id: string, text: string, more: Partial<StoredTurn> = {}): StoredTurn => ({
  id,
  kind: 'question',
  state: 'done',
  chat: 'c',
  person: 'p',
  joinedTo: undefined,
  text,
  status: 'complete',
  retried: false,
  ...more,
});

const end = (id: string): string => `\n#${id}`;
const first = { mark: 'M1x', where: 'direct', from: 'asker', certain: true } as const;
const second = { mark: 'M2x', where: 'group', from: 'colleague', certain: true } as const;

/** Two questions in two conversations, each answered once: nothing to find fault with. */
const good: Seen = {
  asked: [first, second],
  turns: [turn('aaaa', 'M1x 是什么？'), turn('bbbb', 'M2x 是什么？')],
  shown: {
    direct: [reply(answerTo('M1x') + end('aaaa'))],
    group: [reply(answerTo('M2x') + end('bbbb'))],
  },
  requests: [['M1x'], ['M2x']],
  refused: [],
  leaks: [],
  alerts: false,
  cutOff: [],
  keyless: 'nothing',
};

const [answer] = good.shown.direct;
if (answer === undefined) throw new Error('there is an answer');

describe('the oracle', () => {
  it('finds nothing where every message has its one whole reply', () => {
    expect(findFaults(good)).toEqual([]);
  });

  it('takes messages that were answered together for answered', () => {
    const together = reply(`${answerTo('M1x')}\n\n${answerTo('M3x')}${end('aaaa')}`);
    const third = { ...first, mark: 'M3x' };
    const part = turn('cccc', 'M3x 是什么？', { kind: 'part', joinedTo: 'aaaa', status: undefined });
    const whole = turn('aaaa', 'M1x 是什么？\nM3x 是什么？');
    const turns = [whole, ...good.turns.slice(1), part];
    const shown = { ...good.shown, direct: [together] };
    expect(findFaults({ ...good, asked: [...good.asked, third], turns, shown })).toEqual([]);
  });

  it('takes an answer that goes on in a further reply for one', () => {
    const lines = answerTo('M1x').split('\n\n');
    const direct = [reply(lines.slice(0, 2).join('\n\n')), reply(lines.slice(2).join('\n\n') + end('aaaa'))];
    expect(findFaults({ ...good, shown: { ...good.shown, direct } })).toEqual([]);
  });

  /** The process was killed between sending this answer and storing that, so its successor sent it again. */
  const sentAgain: Partial<Seen> = {
    shown: { ...good.shown, direct: [answer, answer] },
    cutOff: ['aaaa'],
    keyless: 'everything',
  };

  it('lets one reply stand twice for each kill in the moment of sending, where there is no key, and counts it', () => {
    const seen = { ...good, ...sentAgain };
    expect(findFaults(seen)).toEqual([]);
    expect(tally(seen)).toEqual({ taken: 2, noted: 0, repeated: 1 });
  });

  it('takes the refusal of an end for a look at whether it was shown, once for each that was cut off', () => {
    const ended = 'aibot_respond_msg 846608 stream message update expired';
    const cutOff = ['aaaa'];
    expect(findFaults({ ...good, cutOff, refused: [ended] })).toEqual([]);
    expect(findFaults({ ...good, cutOff, refused: [ended, ended] })).toEqual([`refused: ${ended}`]);
  });

  it.each<[string, Partial<Seen>, RegExp]>([
    ['a message nobody took', { turns: good.turns.slice(1) }, /M1x: accepted and lost/],
    ['a question without a reply', { shown: { ...good.shown, direct: [] } }, /M1x #aaaa: no reply/],
    ['a second reply', { shown: { ...good.shown, direct: [answer, answer] } }, /2 ends in 2 replies/],
    ['a second reply that no kill explains', { ...sentAgain, cutOff: ['bbbb'] }, /2 ends in 2 replies/],
    ['a second reply where there is a key', { ...sentAgain, keyless: 'commands' }, /2 ends in 2 replies/],
    [
      'a third reply after one kill',
      { ...sentAgain, shown: { ...good.shown, direct: [answer, answer, answer] } },
      /3 ends in 3 replies/,
    ],
    ['a reply that spins', { shown: { ...good.shown, direct: [{ ...answer, live: true }] } }, /still spins/],
    [
      'an answer cut short without a word',
      { shown: { ...good.shown, direct: [reply(`M1x 第0行${end('aaaa')}`)] } },
      /lines are missing/,
    ],
    [
      'a turn that was never ended',
      { turns: [turn('aaaa', 'M1x 是什么？', { state: 'finalising' }), ...good.turns.slice(1)] },
      /still finalising/,
    ],
    [
      'words in another conversation',
      { shown: { ...good.shown, group: [...good.shown.group, reply('M1x 第0行')] } },
      /M1x: shown in another conversation/,
    ],
    ['two conversations before the model', { requests: [['M1x', 'M2x']] }, /several conversations at once/],
    [
      'a reply to nothing',
      { shown: { ...good.shown, group: [...good.shown.group, reply('你好')] } },
      /1 replies to 0 commands/,
    ],
    ['a call against the rules', { refused: ['cardkit 300317'] }, /refused: cardkit 300317/],
    ['a secret', { leaks: ['secret 0 stands in the log'] }, /secret 0/],
  ])('finds %s', (_name, change, fault) => {
    expect(findFaults({ ...good, ...change }).join('\n')).toMatch(fault);
  });
});
