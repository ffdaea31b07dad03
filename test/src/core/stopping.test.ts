import { describe, expect, it } from 'vitest';
import { saying } from '../../fakes/model.ts';
import { sqlitePlace } from '../store/suite/engines.ts';
import {
  a,
  closed,
  describeReplicas,
  halfAnswered,
  noticeOf,
  onStage,
  outcomes,
  shared,
  stage,
  textOf,
  unended,
  until,
} from './takeover-stage.ts';

describe('a process that is alone and stops', () => {
  onStage(sqlitePlace);

  it('closes what has not ended within the grace, with a note', async () => {
    await halfAnswered();
    await a.core.drain(0);
    expect(outcomes()).toEqual(['interrupted']);
    expect([textOf(0), noticeOf(0)]).toEqual(['前半', expect.stringContaining('重')]);
    expect(await unended(a)).toEqual([]);
  });
});

describeReplicas('one of several processes that stops', () => {
  onStage(shared);

  it('finishes what ends within the grace', async () => {
    const { half } = await halfAnswered();
    const b = await stage.start('b');
    const drained = a.core.drain(20_000);
    half.goOn();
    await drained;
    expect([outcomes(), textOf(0)]).toEqual([['complete'], '前半后半']);
    await b.core.recover();
    expect([b.core.running(), b.model.asked.length]).toEqual([0, 0]);
  });

  it('hands over the rest at once, which the other ends in the same reply', async () => {
    await halfAnswered();
    const b = await stage.start('b');
    b.model.answerWith(saying('新的', '全文'));
    await a.core.drain(0);
    expect(outcomes()).toEqual([undefined]);
    await b.core.recover();
    await until(closed(0), 'the reply has ended');
    await until(async () => (await unended(b)).length === 0, 'nothing is left unended');
    expect([outcomes(), textOf(0)]).toEqual([['complete'], '新的全文']);
    expect(stage.platform.replies[0]?.closes).toBe(1);
  });
});
