import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import type { AdapterId, PersonKey, PlatformId } from '../../../src/contract/ids.ts';
import type { InboundMessage } from '../../../src/contract/inbound.ts';
import { scopeOf } from '../../../src/core/scope.ts';
import type { NewTurn, TurnId } from '../../../src/core/turn.ts';
import { openStore, type Store } from '../../../src/store/store.ts';
import { fakeMediaRef, fakeMessage } from '../../fakes/adapter.ts';

let folder: string;
let store: Store;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bridge-forget-'));
  store = await openStore({ file: join(folder, 'bridge.db') }, systemClock);
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

const adapter = 'fake' as AdapterId;
const platform = 'fake' as PlatformId;
const day = 24 * 60 * 60_000;
let counter = 0;

/** A turn that was answered: every column in which words can stand holds them. */
async function answered(
  words: string,
  at: number,
  message: Partial<InboundMessage> & { from?: string } = {},
) {
  counter += 1;
  const said = fakeMessage({
    text: `${words} 问题`,
    media: [fakeMediaRef(`${words} 图片`)],
    quote: `${words} 引用` as never,
    ...message,
  });
  const named = { ...said, sender: { ...said.sender, name: `${words} 名字` } };
  const id = `turn${String(counter).padStart(12, '0')}` as TurnId;
  const turn: NewTurn = {
    id,
    kind: 'question',
    scope: scopeOf(said.place, said.sender.key, 'user'),
    message: named,
    buttonKey: `key-${id}`,
    acceptedAt: at,
  };
  await store.turns.admit({ adapter, eventKey: said.eventKey, at, turnIfNew: () => turn });
  await store.turns.save(id, { state: 'streaming', question: `${words} 问题`, answer: `${words} 回` }, at);
  await store.media.put(
    id,
    [{ mime: 'image/png', width: 1, height: 1, bytes: Buffer.from(`${words} 画面`) }],
    at + day,
  );
  const fault = { code: 'bad-request', evidence: `${words} 证据` } as const;
  const ending = { status: 'failed', notice: { type: 'fault', fault }, remarks: [], durationMs: 1 } as const;
  await store.turns.save(
    id,
    { state: 'failed', ending, answer: `${words} 回答`, promptTokens: 3, completionTokens: 4 },
    at,
  );
  return { id, message: named };
}

/** Whether these words stand anywhere in the store's files. */
const holds = (words: string): boolean =>
  readdirSync(folder).some((name) => readFileSync(join(folder, name)).includes(words));
const own = (person: string, until: number) => ({
  platform,
  person: person as PersonKey,
  until,
  except: 'none' as TurnId,
});

describe('erasing a person', () => {
  it('leaves none of their words in the database file nor its log, and the counters as they were', async () => {
    const at = Date.now();
    for (let index = 0; index < 450; index += 1) {
      // Of very different length, so that rows move between pages and overflow.
      await answered(`甲${'的话'.repeat((index * 37) % 900)}`, at, { from: 'alice' });
      if (index % 3 === 0) await answered(`乙${'的话'.repeat((index * 53) % 700)}`, at, { from: 'bob' });
    }
    expect(holds('甲')).toBe(true);
    expect(await store.forget.amount(own('alice', at))).toEqual({ questions: 450, pictures: 450 });
    const used = await store.usage.ofPerson(platform, 'alice' as PersonKey, 0);
    await store.forget.erasePerson(own('alice', at), at);
    expect(await store.forget.scrub()).toBe(true);
    expect(holds('甲')).toBe(false);
    expect(holds('乙')).toBe(true);
    expect(await store.forget.amount(own('alice', at))).toEqual({ questions: 0, pictures: 0 });
    expect(await store.usage.ofPerson(platform, 'alice' as PersonKey, 0)).toEqual(used);
    expect(used).toEqual({ questions: 450, promptTokens: 1350, completionTokens: 1800 });
  }, 30_000);

  it('is finished with the next hourly look when the files were busy, also by the next process', async () => {
    const at = Date.now();
    await answered('残留', at, { from: 'alice' });
    const backup = new DatabaseSync(join(folder, 'bridge.db'));
    backup.exec('begin');
    backup.prepare('select count(*) from turns').get();
    await store.forget.erasePerson(own('alice', at), at);
    expect(await store.forget.scrub()).toBe(false);
    backup.exec('rollback');
    backup.close();
    await store.close();
    store = await openStore({ file: join(folder, 'bridge.db') }, systemClock);
    await store.purge(at, 30 * day);
    expect(holds('残留')).toBe(false);
    expect(await store.forget.scrub()).toBe(true);
  }, 30_000);

  it('touches nobody of the same id on another platform, nothing said later, and not the command itself', async () => {
    const at = Date.now();
    const { id } = await answered('命令', at, { from: 'alice' });
    await answered('之后', at + 1, { from: 'alice' });
    const place = { ...fakeMessage().place, platform: 'other' as PlatformId };
    await answered('别处', at, { from: 'alice', place });
    await answered('之前', at, { from: 'alice' });
    await store.forget.erasePerson({ ...own('alice', at), except: id }, at);
    await store.forget.scrub();
    for (const words of ['命令', '之后', '别处']) expect(holds(`${words} 回答`)).toBe(true);
    expect(holds('之前')).toBe(false);
  });

  it('keeps out what an answer in progress saves afterwards', async () => {
    const at = Date.now();
    const { id, message } = await answered('进行', at, { from: 'alice' });
    await store.forget.erasePerson(own('alice', at), at);
    const fault = { code: 'bad-request', evidence: '进行 证据' } as const;
    const ending = {
      status: 'failed',
      notice: { type: 'fault', fault },
      remarks: [],
      durationMs: 1,
    } as const;
    await store.turns.save(
      id,
      { state: 'finalising', question: '进行', answer: '进行', message, ending },
      at,
    );
    const image = { mime: 'image/png', width: 1, height: 1, bytes: Buffer.from('进行') } as const;
    await store.media.put(id, [image], at + day);
    await store.turns.save(id, { state: 'done', promptTokens: 9 }, at);
    await store.forget.scrub();
    expect(holds('进行')).toBe(false);
    expect(await store.turns.byId(id)).toMatchObject({ state: 'done', promptTokens: 9, erasedAt: at });
  });
});

describe('what has outlived its retention', () => {
  const at = Date.now();
  const kept = 30 * day;

  it('goes with every word of it: question, answer, evidence, parts; the audit stays', async () => {
    await answered('古老', at - kept - 1);
    await answered('还新', at - kept + 60_000);
    const { id } = await answered('合并', at - kept - 1);
    const part = fakeMessage({ text: '合并 第二句' });
    const turn: NewTurn = {
      id: 'part000000000000' as TurnId,
      kind: 'part',
      joinedTo: id,
      scope: scopeOf(part.place, part.sender.key, 'user'),
      message: part,
      buttonKey: 'key-part',
      acceptedAt: at - kept - 1,
    };
    await store.turns.admit({ adapter, eventKey: part.eventKey, at, turnIfNew: () => turn });
    await store.turns.save(id, { state: 'done', absorbed: [turn.id] }, at - kept - 1);
    const person = 'root' as PersonKey;
    await store.audit.write({
      id: 'a',
      at: at - 2 * kept,
      platform,
      person,
      act: 'allow',
      allowed: true,
      detail: '审计',
    });
    await store.purge(at, kept);
    expect([holds('古老'), holds('合并')]).toEqual([false, false]);
    expect(holds('还新 回答')).toBe(true);
    expect(await store.audit.newest(5)).toMatchObject([{ detail: '审计' }]);
  });

  it('goes for pictures after their own, shorter time, while the words stay', async () => {
    const { id } = await answered('有图', at);
    expect(await store.media.of(id, at + day - 1)).toHaveLength(1);
    expect(await store.media.of(id, at + day)).toEqual([]);
    await store.purge(at + day - 1, kept);
    expect(holds('有图 画面')).toBe(true);
    await store.purge(at + day, kept);
    expect(holds('有图 画面')).toBe(false);
    expect(holds('有图 回答')).toBe(true);
  });
});
