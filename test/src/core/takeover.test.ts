import { describe, expect, it } from 'vitest';
import { fakeMessage } from '../../fakes/adapter.ts';
import { saying } from '../../fakes/model.ts';
import { sqlitePlace, type TestPlace } from '../store/suite/engines.ts';
import type { Moment, Replica } from './replica-stage.ts';
import {
  a,
  closed,
  describeReplicas,
  halfAnswered,
  idle,
  onStage,
  outcomes,
  sayingInTwo,
  send,
  shared,
  stage,
  stateIs,
  takeOver,
  textOf,
  unended,
  until,
  type InTwo,
} from './takeover-stage.ts';

const standstillMs = 60_000;

/** How far the first process came. */
type End = {
  readonly when: string;
  /** Whether the second one asks the model, with these words among others. */
  readonly asks: false | readonly string[];
  /** Brings it there; the answer given back goes on when it is woken. */
  comeThere(): Promise<InTwo | undefined>;
};

const stoppedAt = (moment: Moment) => async (): Promise<undefined> => {
  a.model.answerWith(saying('全文'));
  a.fallAsleepAt(moment);
  await send(a, '问题');
  await until(a.asleep, 'the first is asleep');
};

const ends: readonly End[] = [
  { when: 'nothing was shown', asks: ['问题'], comeThere: stoppedAt('before open') },
  { when: 'its reply was shown and not stored', asks: ['问题'], comeThere: stoppedAt('after open') },
  {
    when: 'its reply was there without a word',
    asks: ['问题'],
    async comeThere() {
      const half = sayingInTwo('', '后半');
      a.model.answerWith(half.script);
      await send(a, '问题');
      await until(stateIs('open'), 'the reply is stored');
      a.fallAsleep();
      return half;
    },
  },
  {
    when: 'half of the answer was shown',
    asks: ['问题'],
    async comeThere() {
      const { half } = await halfAnswered();
      a.fallAsleep();
      return half;
    },
  },
  { when: 'its last edit was decided and not shown', asks: false, comeThere: stoppedAt('before close') },
  { when: 'its last edit was shown and not stored', asks: false, comeThere: stoppedAt('after close') },
  {
    when: 'more had been said before the answer began',
    asks: ['问题', '还有'],
    async comeThere() {
      const half = sayingInTwo('', '后半');
      a.model.answerWith(half.script);
      await send(a, '问题');
      await until(() => a.model.asked.length === 1, 'it was asked');
      await send(a, '还有');
      await until(() => a.model.asked.length === 2, 'it was asked with all of it');
      a.fallAsleep();
      return half;
    },
  },
];

async function expectOneEnd(b: Replica, { asks }: End): Promise<void> {
  await until(closed(0), 'the reply has ended');
  await until(async () => (await unended(b)).length === 0, 'nothing is left unended');
  expect(outcomes()).toEqual(['complete']);
  expect(textOf(0)).toBe(asks === false ? '全文' : '新的全文');
  expect(b.model.asked).toHaveLength(asks === false ? 0 : 1);
  const question = b.model.asked[0]?.messages.at(-1)?.text;
  for (const words of asks === false ? [] : asks) expect(question).toContain(words);
}

function takesUpWhatWasLeft(makePlace: () => Promise<TestPlace>): void {
  onStage(makePlace);
  it.each(ends)('a question is ended once, in its reply, when $when', async (end) => {
    await end.comeThere();
    await expectOneEnd(await takeOver(), end);
  });
}

describe('after the end of a process, on the embedded database,', () => takesUpWhatWasLeft(sqlitePlace));

describeReplicas('after the end of one of several processes', () => takesUpWhatWasLeft(shared));

describeReplicas('a process that stood still', () => {
  onStage(shared);

  it.each(ends)('adds nothing to what another one has ended, when $when', async (end) => {
    const half = await end.comeThere();
    const b = await takeOver();
    await expectOneEnd(b, end);
    const shownBefore = { writes: [...stage.writes], replies: structuredClone(stage.platform.replies) };
    const before = await stage.stored();
    a.wake(standstillMs);
    half?.goOn();
    await until(idle(a), 'the first has let go');
    expect(stage.writes).toEqual(shownBefore.writes);
    expect(stage.platform.replies).toEqual(shownBefore.replies);
    expect(await stage.stored()).toEqual(before);
  });

  it('goes on with what nobody has taken over', async () => {
    const { half } = await halfAnswered();
    a.fallAsleep();
    await stage.endLeases();
    a.wake(standstillMs);
    half.goOn();
    await until(closed(0), 'the reply has ended');
    expect([outcomes(), textOf(0)]).toEqual([['complete'], '前半后半']);
  });

  it('shows nothing of a question that another took over while it was being admitted', async () => {
    const b = await stage.start('b');
    b.model.answerWith(saying('新的', '全文'));
    // The commit has taken place, and its answer has not arrived.
    const admitting = a.core.inbox(fakeMessage({ text: '问题' }));
    a.fallAsleep();
    await until(async () => (await unended(b)).length === 1, 'it is stored');
    await stage.endLeases();
    await b.core.recover();
    await until(closed(0), 'the other has answered');
    const writes = [...stage.writes];
    a.wake(standstillMs);
    // Asked for before the commit's answer arrives, so that this question is not among what is renewed.
    const renewed = a.leases.mayWrite(new AbortController().signal);
    await Promise.all([admitting, renewed]);
    await until(idle(a), 'the first has let go');
    expect(stage.writes).toEqual(writes);
    expect(outcomes()).toEqual(['complete']);
  });
});

describeReplicas('an end that the database does not take', () => {
  onStage(shared);

  it('is not shown before it is stored, and what was shown is not answered again', async () => {
    const refused: unknown[] = [];
    const { turns } = a.store;
    const { save } = turns;
    Object.assign(turns, {
      save: (...call: Parameters<typeof save>) => {
        const { state } = call[1];
        if ((state !== 'finalising' && state !== 'done') || refused.includes(state)) return save(...call);
        refused.push(state, outcomes());
        return Promise.reject(new Error('the database is gone'));
      },
    });
    a.model.answerWith(saying('全文'));
    await send(a, '问题');
    await until(async () => (await unended(a)).length === 0, 'its end is stored');
    // Nobody else would know of the end that was decided first; the second was shown by then.
    expect(refused).toEqual(['finalising', [undefined], 'done', ['complete']]);
    expect([outcomes(), textOf(0), a.model.asked.length]).toEqual([['complete'], '全文', 1]);
    expect(stage.platform.replies[0]?.closes).toBe(1);
  });
});
