import { expect, it } from 'vitest';
import type { InboundMessage } from '../../../src/contract/inbound.ts';
import { shortId, type Turn } from '../../../src/core/turn.ts';
import { fakeMessage } from '../../fakes/adapter.ts';
import type { Replica } from './replica-stage.ts';
import {
  a,
  closed,
  describeReplicas,
  halfAnswered,
  noticeOf,
  onStage,
  outcomes,
  sayingInTwo,
  send,
  shared,
  stage,
  textOf,
  unended,
  until,
} from './takeover-stage.ts';

describeReplicas('what is asked of one process about a question in another', () => {
  onStage(shared);

  /** The first replica works on a question and hears the others. */
  async function working(): Promise<{
    readonly b: Replica;
    readonly message: InboundMessage;
    readonly turn: Turn;
  }> {
    const { message } = await halfAnswered();
    const b = await stage.start('b');
    const listening = Promise.withResolvers<undefined>();
    // Heard one after the other: when this channel is, the one for stopping is.
    a.store.signals.listen('ready', {
      received: () => undefined,
      missed: () => listening.resolve(undefined),
    });
    await listening.promise;
    const [turn] = await unended(a);
    if (turn === undefined) throw new Error('nothing is being worked on');
    return { b, message, turn };
  }

  it.each(['/stop', '/forget confirm'])('%s stops it', async (command) => {
    const { b, turn } = await working();
    await send(b, command);
    await until(closed(0), 'the answer has ended');
    await until(closed(1), 'the command is answered');
    expect(outcomes()).toEqual(['stopped', 'complete']);
    await until(async () => (await unended(b)).length === 0, 'nothing is left unended');
    const stored = await b.store.turns.byId(turn.id);
    expect(stored?.erasedAt !== undefined).toBe(command.startsWith('/forget'));
    if (command.startsWith('/forget'))
      expect([stored?.question, stored?.answer]).toEqual([undefined, undefined]);
  });

  it('its stop button stops it, and tells so', async () => {
    const { b, message } = await working();
    const button =
      stage.platform.replies[0]?.states.at(-1)?.buttons?.find(({ kind }) => kind === 'stop')?.id ?? '';
    const press = () => {
      const { place, sender } = message;
      return b.core.inbox({ type: 'action', eventKey: fakeMessage().eventKey, place, actor: sender, button });
    };
    expect(await press()).toMatchObject({ toast: '正在停止' });
    await until(closed(0), 'the answer has ended');
    expect([outcomes(), textOf(0)]).toEqual([['stopped'], '前半']);
    await until(async () => (await unended(b)).length === 0, 'its end is stored');
    expect(await press()).toMatchObject({ toast: '这个回答已经结束了' });
  });

  it('its recall stops it and erases what was said', async () => {
    const { b, message, turn } = await working();
    await b.core.inbox({
      type: 'recalled',
      eventKey: fakeMessage().eventKey,
      place: message.place,
      message: message.eventKey,
    });
    await until(closed(0), 'the answer has ended');
    expect([outcomes(), noticeOf(0)]).toEqual([['stopped'], '消息已撤回，已停止']);
    await until(async () => (await unended(b)).length === 0, 'its end is stored');
    expect(await b.store.turns.byId(turn.id)).toMatchObject({ message: { text: '' }, answer: undefined });
  });

  it('the recall of a later message of it stops it, too', async () => {
    const half = sayingInTwo('', '后半');
    a.model.answerWith(half.script);
    await send(a, '问题');
    await until(() => a.model.asked.length === 1, 'it was asked');
    const more = await send(a, '还有');
    await until(() => a.model.asked.length === 2, 'it was asked with all of it');
    const b = await stage.start('b');
    await until(async () => {
      await b.core.inbox({
        type: 'recalled',
        eventKey: fakeMessage().eventKey,
        place: more.place,
        message: more.eventKey,
      });
      return closed(0)();
    }, 'the answer has ended');
    expect(outcomes()).toEqual(['stopped']);
  });

  it('/queue lists it, and can end it', async () => {
    const { b, turn } = await working();
    await send(b, '/queue', 'root');
    await until(closed(1), 'the command is answered');
    const { facts = [] } = stage.platform.replies[1]?.states.at(-1) ?? {};
    expect(JSON.stringify(facts)).toContain(shortId(turn.id));
    await send(b, `/queue stop ${shortId(turn.id)}`, 'root');
    await until(closed(0), 'the answer has ended');
    expect(outcomes()[0]).toBe('stopped');
    expect(noticeOf(0)).toContain('管理员');
  });
});

describeReplicas('that a question be stopped whose process has just died', () => {
  onStage(shared);

  /** The first replica has died in the middle of its answer; nobody has noticed yet. */
  async function died(): Promise<{ readonly b: Replica; readonly message: InboundMessage }> {
    const { message } = await halfAnswered();
    const [turn] = await unended(a);
    a.fallAsleep();
    const b = await stage.start('b');
    if (turn !== undefined) await b.store.turns.save(turn.id, { answer: '前半' }, turn.acceptedAt);
    return { b, message };
  }

  /** The lease of the dead is over, and the other takes up what it left. */
  async function expectStopped(b: Replica): Promise<void> {
    await stage.endLeases();
    await b.core.recover();
    await until(closed(0), 'the answer has ended');
    await until(async () => !(await stage.anyUnfinished()), 'nothing is left unended');
    expect([outcomes()[0], textOf(0), noticeOf(0)]).toEqual(['stopped', '前半', '已停止']);
    expect(b.model.asked).toEqual([]);
    const buttons = stage.platform.replies[0]?.states.at(-1)?.buttons ?? [];
    expect(buttons.map(({ kind }) => kind)).toContain('retry');
  }

  it('is honoured by the process that takes it up, when /stop said it', async () => {
    const { b } = await died();
    await send(b, '/stop');
    await until(closed(1), 'the command is answered');
    expect(textOf(1)).toContain('已停止');
    await expectStopped(b);
  });

  it('is honoured by the process that takes it up, when its button was pressed', async () => {
    const { b, message } = await died();
    const button =
      stage.platform.replies[0]?.states.at(-1)?.buttons?.find(({ kind }) => kind === 'stop')?.id ?? '';
    const { place, sender } = message;
    const { eventKey } = fakeMessage();
    const press = { type: 'action', eventKey, place, actor: sender, button } as const;
    expect(await b.core.inbox(press)).toMatchObject({ toast: '正在停止' });
    await expectStopped(b);
  });

  it('is honoured also when another process has begun to take it up, and only its signal was lost', async () => {
    const { b } = await died();
    await stage.endLeases();
    const [turn] = await unended(b);
    // Between the taking and the first look nobody hears a signal for this turn.
    const { of } = b.store.stopWishes;
    Object.assign(b.store.stopWishes, {
      of: async (...id: Parameters<typeof of>) => {
        await b.store.stopWishes.make(id, 'stopped');
        return of(...id);
      },
    });
    expect(turn?.stopWish).toBeUndefined();
    await expectStopped(b);
  });
});
