import { expect, it } from 'vitest';
import { fakeMessage } from '../../fakes/adapter.ts';
import { saying } from '../../fakes/model.ts';
import type { Replica } from './replica-stage.ts';
import {
  a,
  closed,
  describeReplicas,
  halfAnswered,
  onStage,
  outcomes,
  send,
  shared,
  stage,
  textOf,
  until,
} from './takeover-stage.ts';

describeReplicas('questions of one conversation that reach several processes', () => {
  onStage(shared);

  async function second(): Promise<Replica> {
    const b = await stage.start('b');
    b.model.answerWith(saying('第二个回答'));
    return b;
  }

  const waits = (index: number, ahead: number) => (): boolean =>
    stage.platform.replies[index]?.states.at(-1)?.progress?.includes(String(ahead)) ?? false;

  it('are answered one after the other, and the second knows what the first was answered', async () => {
    const { half } = await halfAnswered();
    const b = await second();
    await send(b, '接着问');
    await until(waits(1, 1), 'it says that another one comes first');
    expect(b.model.asked).toEqual([]);
    half.goOn();
    await until(closed(1), 'the second is answered');
    expect([outcomes(), textOf(0), textOf(1)]).toEqual([['complete', 'complete'], '前半后半', '第二个回答']);
    expect(b.model.asked[0]?.messages.map(({ text }) => text)).toContain('前半后半');
  });

  it('keep nobody of another conversation waiting', async () => {
    await halfAnswered();
    const b = await second();
    await b.core.inbox(fakeMessage({ text: '别的', chat: 'group-2' }));
    await until(closed(1), 'the other conversation is answered');
    expect(outcomes()).toEqual([undefined, 'complete']);
  });

  it('can be stopped while they wait', async () => {
    await halfAnswered();
    const b = await second();
    await send(b, '接着问');
    await until(waits(1, 1), 'it waits');
    await send(b, '/stop');
    await until(closed(1), 'it has ended');
    expect(outcomes()[1]).toBe('stopped');
    expect(b.model.asked).toEqual([]);
  });

  it('do not wait for a process that is no more', async () => {
    await halfAnswered();
    a.fallAsleep();
    const b = await second();
    await send(b, '接着问');
    await until(waits(1, 1), 'it waits');
    await stage.endLeases([b]);
    await until(closed(1), 'it is answered');
    expect(textOf(1)).toBe('第二个回答');
  });

  it('never wait for each other, also when an older one was taken over behind a younger one', async () => {
    await halfAnswered();
    a.fallAsleep();
    const [b, c] = [await second(), await stage.start('c')];
    c.model.answerWith(saying('第三个回答'));
    await send(c, '先问的');
    await send(b, '后问的');
    await until(() => waits(1, 1)() && waits(2, 2)(), 'both wait');
    await stage.endLeases([b, c]);
    // The oldest comes to stand behind the youngest.
    await b.core.recover();
    await until(() => [0, 1, 2].every((index) => closed(index)()), 'all are answered');
    expect(outcomes()).toEqual(['complete', 'complete', 'complete']);
  });
});
