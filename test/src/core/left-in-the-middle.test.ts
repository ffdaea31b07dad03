import { describe, expect, it } from 'vitest';
import { saying } from '../../fakes/model.ts';
import { sqlitePlace, type TestPlace } from '../store/suite/engines.ts';
import type { Moment, Replica } from './replica-stage.ts';
import {
  a,
  describeReplicas,
  idle,
  noticeOf,
  once,
  onStage,
  outcomes,
  send,
  shared,
  stage,
  textOf,
  until,
} from './takeover-stage.ts';

/** More processes than this must not come to the same turn. */
const enoughStarts = 12;
const closedForGood = 'left in the middle again and again; it was closed and is not tried again';
const givenUp = 'not even its end could be shown; it is given up';

/** The process ends when the model has said this. */
function dyingAtTheModel(replica: Replica, words: string): void {
  replica.model.answerWith(async function* (request, signal) {
    for await (const event of saying(words)(request, signal)) if (event.type !== 'end') yield event;
    await until(() => textOf(0).includes(words), 'its words are shown');
    replica.fallAsleep();
    await once(signal);
    yield { type: 'end', reason: 'aborted' };
  });
}

const dyingAt =
  (moment: Moment) =>
  (replica: Replica): void => {
    replica.model.answerWith(saying('全文'));
    replica.fallAsleepAt(moment);
  };

/** Starts one process after the other until there is nothing left to do; gives back all of them, the first included. */
async function startUntilQuiet(prepare: (replica: Replica) => void): Promise<readonly Replica[]> {
  const started: Replica[] = [a];
  while (await stage.anyUnfinished()) {
    if (started.length > enoughStarts) throw new Error('it is taken up again and again');
    const next = await stage.start(`start ${started.length}`);
    started.push(next);
    prepare(next);
    await stage.endLeases();
    await next.core.recover();
    await until(() => next.asleep() || idle(next)(), 'it has died or come to its end');
  }
  return started;
}

const errorsOf = (processes: readonly Replica[]): readonly string[] =>
  processes.flatMap(({ errors }) => errors);

function endsWhatIsLeftAgainAndAgain(makePlace: () => Promise<TestPlace>): void {
  onStage(makePlace);

  it('a question that ends every process asking the model is closed with a note and a retry button', async () => {
    dyingAtTheModel(a, '前半');
    await send(a, '毒药');
    await until(a.asleep, 'the first has died');
    const started = await startUntilQuiet((replica) => dyingAtTheModel(replica, '前半'));
    expect(started.map(({ model }) => model.asked.length)).toEqual([1, 1, 1, 0]);
    expect(outcomes()).toEqual(['interrupted']);
    expect(noticeOf(0)).toContain('重试');
    const buttons = stage.platform.replies[0]?.states.at(-1)?.buttons ?? [];
    expect(buttons.map(({ kind }) => kind)).toContain('retry');
    expect(errorsOf(started)).toEqual([closedForGood]);
  });

  it('a further message of such a question ends with it', async () => {
    a.model.answerWith(async function* (_request, signal) {
      await once(signal);
      yield { type: 'end', reason: 'aborted' };
    });
    await send(a, '毒药');
    await until(() => a.model.asked.length === 1, 'it was asked');
    dyingAtTheModel(a, '');
    await send(a, '还有');
    await until(a.asleep, 'the first has died');
    await startUntilQuiet((replica) => dyingAtTheModel(replica, ''));
    expect(outcomes()).toEqual(['interrupted']);
  });

  it.each(['/whoami', '全文'])('%s, whose end ends every process, is given up after a few', async (text) => {
    const dying = dyingAt(text.startsWith('/') ? 'after open' : 'before close');
    dying(a);
    await send(a, text);
    await until(a.asleep, 'the first has died');
    const started = await startUntilQuiet(dying);
    expect(started).toHaveLength(7);
    expect((await stage.stored()).map(({ state }) => state)).toEqual(['failed']);
    expect(errorsOf(started)).toEqual([givenUp]);
  });

  it('a command that cannot be carried out is closed with one sentence', async () => {
    const { people } = a.store;
    Object.assign(people, { language: () => Promise.reject(new Error('a bug')) });
    await send(a, '/whoami');
    const started = await startUntilQuiet(({ store }) => Object.assign(store.people, people));
    expect(started).toHaveLength(4);
    expect(outcomes()).toEqual(['failed']);
    expect([textOf(0), noticeOf(0)]).toEqual(['', expect.stringContaining('出了点问题')]);
    expect(errorsOf(started).filter((message) => message === closedForGood)).toHaveLength(1);
  });

  it('what was handed over in good order is answered, however often that was', async () => {
    for (let times = 0; times < 5; times += 1) {
      const now = times === 0 ? a : await stage.start(`start ${times}`);
      now.model.answerWith(async function* (_request, signal) {
        await once(signal);
        yield { type: 'end', reason: 'aborted' };
      });
      if (times === 0) await send(now, '问题');
      else await now.core.recover();
      await until(() => now.model.asked.length === 1, 'it was asked');
      await now.leases.release();
      now.fallAsleep();
    }
    const last = await stage.start('last');
    last.model.answerWith(saying('全文'));
    await last.core.recover();
    await until(() => outcomes()[0] !== undefined, 'it is answered');
    expect([outcomes(), textOf(0)]).toEqual([['complete'], '全文']);
  });
}

describe('left in the middle on the embedded database,', () => endsWhatIsLeftAgainAndAgain(sqlitePlace));
describeReplicas('left in the middle by several processes,', () => endsWhatIsLeftAgainAndAgain(shared));
