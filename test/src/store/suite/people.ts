import { expect, it } from 'vitest';
import type { AdapterId, ChatKey, Json, PersonKey, TenantKey } from '../../../../src/contract/ids.ts';
import type { AdmissionNotice } from '../../../../src/core/turn.ts';
import {
  adapter,
  alice,
  answered,
  ask,
  bob,
  groupScope,
  morning,
  platform,
  turnId,
  type StoreStage,
} from './stage.ts';

const by = 'fake:root';

export function peopleBehaviours({ store, open }: StoreStage): void {
  it('keeps what people and conversations were set to, for other processes, too', async () => {
    const { people, scopes } = store();
    expect(await people.language(platform, alice)).toBeUndefined();
    await people.setLanguage(platform, alice, 'en');
    await people.setLanguage(platform, alice, 'zh');
    expect(await people.language(platform, alice)).toBe('zh');
    expect([await scopes.resetAt(groupScope), await scopes.thinking(groupScope)]).toEqual([0, undefined]);
    await scopes.reset(groupScope, morning);
    await scopes.setThinking(groupScope, false);
    await scopes.choose(groupScope, { model: 'qwen' });
    await scopes.choose(groupScope, { assistant: '法务' });
    await store().close();
    const again = await open();
    expect(await again.people.language(platform, alice)).toBe('zh');
    expect(await again.scopes.resetAt(groupScope)).toBe(morning);
    expect(await again.scopes.thinking(groupScope)).toBe(false);
    expect(await again.scopes.choices(groupScope)).toEqual({ assistant: '法务', model: 'qwen' });
    await again.scopes.setThinking(groupScope, undefined);
    expect(await again.scopes.thinking(groupScope)).toBeUndefined();
  });

  it('lists who wrote, with sums that are numbers', async () => {
    const message = { sender: { key: bob, name: '王波' } };
    await ask(store(), 'a1', { patch: answered({ promptTokens: 2_000_000_000, completionTokens: 5 }) });
    await ask(store(), 'a2', {
      acceptedAt: morning + 1,
      patch: answered({ promptTokens: 2_000_000_000, completionTokens: 6, model: 'qwen' }),
    });
    await ask(store(), 'b1', { acceptedAt: morning + 2, kind: 'command', message });
    expect(await store().knownPeople(0, 9)).toEqual([
      { platform, person: bob, name: '王波', questions: 0, lastSeen: morning + 2 },
      { platform, person: alice, name: undefined, questions: 2, lastSeen: morning + 1 },
    ]);
    const used = { questions: 2, promptTokens: 4_000_000_000, completionTokens: 11 };
    expect(await store().usage.ofPerson(platform, alice, 0)).toEqual(used);
    expect(await store().usage.ofPerson(platform, bob, 0)).toMatchObject({ questions: 0, promptTokens: 0 });
    expect((await store().usage.byModel(0)).map(({ model }) => model).sort()).toEqual(['qwen', undefined]);
    expect(await store().counter.tokensSince({ platform, person: alice }, 0)).toBe(4_000_000_011);
    expect(await store().counter.tokensSince({ person: 'nobody' as PersonKey }, 0)).toBe(0);
    expect(await store().counter.nthLatest({ adapter }, 2, 0)).toBe(morning);
  });

  it('counts whom a pause turned away, and no other refusal', async () => {
    const refuse = (name: string, person: PersonKey, notice: AdmissionNotice) =>
      ask(store(), name, { kind: 'notice', notice, message: { sender: { key: person } } });
    await refuse('p1', alice, { code: 'paused', note: '' });
    await refuse('p2', alice, { code: 'paused', note: 'soon' });
    await refuse('p3', bob, { code: 'paused', note: '' });
    await refuse('p4', bob, { code: 'not-allowed' });
    expect(await store().turnedAway(morning)).toEqual({ questions: 3, people: 2 });
    expect(await store().turnedAway(morning + 1)).toEqual({ questions: 0, people: 0 });
  });

  it('counts the last judgement of each person', async () => {
    await ask(store(), 'judged', { patch: answered() });
    const { feedback, usage } = store();
    await feedback.give(turnId('judged'), alice, 'good', morning);
    await feedback.give(turnId('judged'), alice, 'bad', morning + 1);
    await feedback.give(turnId('judged'), bob, 'good', morning);
    expect(await usage.verdicts(0)).toEqual([{ platform, good: 1, bad: 1 }]);
    await feedback.withdraw(turnId('judged'), bob);
    expect(await usage.verdicts(0)).toEqual([{ platform, good: 0, bad: 1 }]);
  });

  it('adds calls up by the day', async () => {
    const call = { platform, day: '2026-11-20', api: 'send', count: 2 };
    await Promise.all([store().calls.add([call, { ...call, day: '2026-10-31' }]), store().calls.add([call])]);
    expect(await store().calls.since('2026-11-01')).toEqual([{ ...call, count: 4 }]);
  });

  it('writes acts down, and what they came to', async () => {
    const entry = {
      id: 'e1',
      at: morning,
      platform,
      person: alice,
      act: 'allow',
      allowed: false,
      detail: '',
    };
    await store().audit.write(entry);
    await store().audit.write({ ...entry, allowed: true, detail: 'fake:bob' });
    await store().audit.write({ ...entry, id: 'e2', at: morning + 1, person: bob });
    expect((await store().audit.newest(9)).map(({ id }) => id)).toEqual(['e2', 'e1']);
    const [own] = await store().audit.newest(9, { platform, id: alice });
    expect(own).toEqual({ ...entry, allowed: true, detail: 'fake:bob' });
  });

  it('keeps everything that administrators set, and forgets what they take back', async () => {
    const { policy } = store();
    const chat = { adapter: 'fake' as AdapterId, tenant: 't' as TenantKey, chat: 'c' as ChatKey };
    const subject = { kind: 'person', platform, id: 'eve' } as const;
    const limit = { kind: 'each-person', platform: '', id: '' } as const;
    const person = { platform, id: 'root' };
    await policy.addAdministrator({ ...person, addedAt: morning, addedBy: 'code' });
    await policy.addAdministrator({ ...person, addedAt: morning + 1, addedBy: by });
    await policy.setRule({ ...subject, effect: 'allow', at: morning, by });
    await policy.setRule({ ...subject, effect: 'deny', at: morning, by });
    await policy.setLimit({ ...limit, requestsPerMinute: 3, tokensPerDay: 9_000_000_000 });
    await policy.setLimit({ ...limit, requestsPerMinute: undefined, tokensPerDay: 'unlimited' });
    await policy.setVip(person, true);
    await policy.setChat(chat, { context: 'group' });
    await policy.setChat(chat, { assistant: '法务' });
    await policy.setSetting('pause', { note: '维护' } satisfies Json);
    expect(await policy.load()).toEqual({
      administrators: [{ ...person, addedAt: morning, addedBy: 'code' }],
      rules: [{ ...subject, effect: 'deny' }],
      limits: [{ ...limit, requestsPerMinute: undefined, tokensPerDay: 'unlimited' }],
      vips: [person],
      chats: [{ ...chat, context: 'group', assistant: '法务' }],
      settings: new Map([['pause', { note: '维护' }]]),
    });
    await policy.removeAdministrator(person);
    await policy.removeRule(subject);
    await policy.removeLimit(limit);
    await policy.setVip(person, false);
    await policy.setSetting('pause', undefined);
    expect(await policy.load()).toMatchObject({ administrators: [], rules: [], limits: [], vips: [] });
  });
}
