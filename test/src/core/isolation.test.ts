import { expect, it } from 'vitest';
import type {
  AdapterId,
  ChatKey,
  PersonKey,
  PlatformId,
  TenantKey,
  TopicKey,
} from '../../../src/contract/ids.ts';
import type { Place } from '../../../src/contract/inbound.ts';
import type { ModelRequest } from '../../../src/model/types.ts';
import { createFakeAdapter, fakeMessage, type FakeAdapter } from '../../fakes/adapter.ts';
import { createWorld, type World } from '../../fakes/core.ts';
import { description, type Script } from '../../fakes/model.ts';

const turnsWanted = 10_000;
const peoplePerPlatform = 40;
const groupsPerPlatform = 5;

/** What every question and answer carries. `age` counts the scope's `/new`s, `life` the author's `/forget`s. */
type Canary = {
  readonly scope: string;
  readonly age: number;
  readonly author: string;
  readonly life: number;
  readonly turn: number;
};

type Person = { readonly key: string; readonly adapter: FakeAdapter; readonly tenant: string };

/** Small, fast and repeatable: the same seed makes the same choices. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** One at a time for each chat: so it is certain which message came before a switch and which after it. */
function createGates(): <Result>(chat: string, work: () => Promise<Result>) => Promise<Result> {
  const last = new Map<string, Promise<unknown>>();
  return (chat, work) => {
    const mine = (last.get(chat) ?? Promise.resolve()).then(work);
    last.set(
      chat,
      mine.catch(() => undefined),
    );
    return mine;
  };
}

/** Finds the reply to a message without looking through all of them each time. */
function createReplies(adapters: readonly FakeAdapter[]) {
  const byTarget = new Map<string, FakeAdapter['replies'][number]>();
  const seen = new Map<FakeAdapter, number>();
  return async (target: unknown): Promise<string> => {
    for (let waits = 0; waits < 20_000; waits += 1) {
      for (const adapter of adapters) {
        for (const reply of adapter.replies.slice(seen.get(adapter) ?? 0)) byTarget.set(reply.target, reply);
        seen.set(adapter, adapter.replies.length);
      }
      const found = byTarget.get(JSON.stringify(target));
      if (found?.outcome !== undefined) {
        const said = found.states.at(-1)?.markdown ?? '';
        found.states.length = 0;
        return said;
      }
      await new Promise((resolve) => setTimeout(resolve, 4));
    }
    throw new Error('a message was never answered');
  };
}

const write = (canary: Canary): string => `<<${JSON.stringify(canary)}>>`;
const read = (text: string): Canary[] =>
  [...text.matchAll(/<<(.+?)>>/g)].map(([, found]) => JSON.parse(found ?? '') as Canary);

/** What must hold for each request, and how much of what could leak was there at all. */
function createJudge(forgotten: ReadonlyMap<string, number>, sentAt: ReadonlyMap<number, number>) {
  const leaks: string[] = [];
  const seen = { requests: 0, withMemory: 0, ofSeveralPeople: 0, kinds: new Map<string, number>() };
  return {
    leaks,
    seen,
    look(request: ModelRequest): Canary {
      const own = read(request.messages.at(-1)?.text ?? '').at(-1);
      if (own === undefined) throw new Error('a question without a canary');
      const all = request.messages.flatMap(({ text }) => read(text));
      for (const canary of all) {
        const gone = forgotten.get(`${canary.author} ${canary.life}`) ?? Infinity;
        const asked = sentAt.get(own.turn) ?? 0;
        if (canary.scope !== own.scope) leaks.push(`${canary.scope} in ${own.scope}`);
        else if (canary.age !== own.age) leaks.push(`before /new in ${own.scope}`);
        else if (canary.turn > own.turn && canary.author === own.author) leaks.push('from the future');
        else if (gone < asked) leaks.push(`forgotten in ${own.scope}`);
      }
      seen.requests += 1;
      if (all.length > 1) seen.withMemory += 1;
      if (new Set(all.map(({ author }) => author)).size > 1) seen.ofSeveralPeople += 1;
      const kind = own.scope.split(' ')[0] ?? '';
      seen.kinds.set(kind, (seen.kinds.get(kind) ?? 0) + 1);
      return own;
    },
  };
}

/** Ids that would be taken for one another if a key were made by putting them together with anything but care. */
const personKey = (index: number): string =>
  ['x', 'x","x', 'g1', 't1', '["person"]', 'direct', ' x', 'X'][index] ?? `p${index}`;
const groupKey = (index: number): string => ['x', 'g1', 'x","x', 'direct'][index] ?? `g${index}`;
const topics = ['t1', 'x', 'x","x'];

it(`${turnsWanted} interleaved turns of people, groups, topics and platforms see nothing of one another`, async () => {
  const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
  const random = createRandom(seed);
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item;
  const other: FakeAdapter = {
    ...createFakeAdapter(),
    id: 'other' as AdapterId,
    platform: 'other' as PlatformId,
  };
  const world: World = await createWorld({ admins: ['x'], beside: [other] });
  const adapters = [world.adapter, other];
  await world.policy.setLimit({
    kind: 'each-person',
    platform: '',
    id: '',
    requestsPerMinute: 'unlimited',
    tokensPerDay: 'unlimited',
  });

  const gate = createGates();
  const answered = createReplies(adapters);
  const ages = new Map<string, number>();
  const lives = new Map<string, number>();
  const shared = new Set<string>();
  const forgotten = new Map<string, number>();
  const sentAt = new Map<number, number>();
  const judge = createJudge(forgotten, sentAt);
  let clock = 0;
  let turns = 0;

  const answer: Script = async function* (request) {
    const own = judge.look(request);
    yield { type: 'start', server: description };
    for (let waits = Math.floor(random() * 4); waits > 0; waits -= 1)
      await new Promise((resolve) => setTimeout(resolve, random() * 8));
    yield { type: 'text-delta', text: write(own) };
    yield { type: 'end', reason: 'stop' };
  };
  world.model.answerWith(answer);

  /** Whose memory it must be, worked out anew from what a person would be told. */
  const scopeOf = ({ key, adapter, tenant }: Person, place: Place): string => {
    const chat = JSON.stringify([adapter.id, tenant, place.chat]);
    if (place.kind === 'direct') return `direct ${chat}`;
    if (place.topic !== undefined) return `topic ${chat} ${JSON.stringify(place.topic)}`;
    return shared.has(chat) ? `group ${chat}` : `person ${chat} ${JSON.stringify(key)}`;
  };
  const placeOf = ({ key, adapter, tenant }: Person): Place => {
    const { id, platform } = adapter;
    const direct = random() < 0.25;
    const chat = direct ? `direct-${key}` : groupKey(Math.floor(random() * groupsPerPlatform));
    const base = { adapter: id, platform, tenant: tenant as TenantKey, chat: chat as ChatKey };
    if (direct) return { ...base, kind: 'direct' };
    return random() < 0.3
      ? { ...base, kind: 'group', topic: pick(topics) as TopicKey }
      : { ...base, kind: 'group' };
  };
  const send = async ({ key }: Person, place: Place, text: string): Promise<unknown> => {
    // Names decide nothing, so all have the same.
    const message = fakeMessage({ text, place, sender: { key: key as PersonKey, name: 'x' } });
    await world.core.inbox(message);
    return message.replyTarget;
  };
  /** Carries a command out while nothing else is taken in this chat; questions taken before go on. */
  const command = (person: Person, place: Place, text: string, done: () => void): Promise<void> =>
    gate(`${place.adapter} ${place.chat}`, async () => {
      await answered(await send(person, place, text));
      done();
    });

  async function act(person: Person): Promise<void> {
    const place = placeOf(person);
    const chat = JSON.stringify([person.adapter.id, person.tenant, place.chat]);
    const author = `${person.adapter.id} ${person.key}`;
    const dice = random();
    if (dice < 0.04) {
      return command(person, place, '/new', () => {
        const scope = scopeOf(person, place);
        ages.set(scope, (ages.get(scope) ?? 0) + 1);
      });
    }
    if (dice < 0.05) {
      const life = lives.get(author) ?? 0;
      await answered(await send(person, place, '/forget confirm'));
      forgotten.set(`${author} ${life}`, (clock += 1));
      return void lives.set(author, life + 1);
    }
    if (person.key === 'x' && dice < 0.25 && place.kind === 'group' && place.topic === undefined) {
      const wanted = shared.has(chat) ? 'user' : 'group';
      return command(person, place, `/context ${wanted}`, () => {
        // Of the same id on the other platform, but no administrator there.
        if (person.adapter !== world.adapter) return;
        if (wanted === 'group') shared.add(chat);
        else shared.delete(chat);
      });
    }
    const target = await gate(`${place.adapter} ${place.chat}`, () => {
      const scope = scopeOf(person, place);
      const turn = (turns += 1);
      sentAt.set(turn, (clock += 1));
      const canary = { scope, age: ages.get(scope) ?? 0, author, life: lives.get(author) ?? 0, turn };
      return send(person, place, write(canary));
    });
    await answered(target);
  }

  const people = adapters.flatMap((adapter) =>
    Array.from({ length: peoplePerPlatform }, (_, index): Person => {
      return { key: personKey(index), adapter, tenant: index % 5 === 4 ? 'second' : 'first' };
    }),
  );
  try {
    await Promise.all(
      people.map(async (person) => {
        while (judge.seen.requests < turnsWanted) await act(person);
      }),
    );
    expect([judge.leaks.slice(0, 5), `seed ${seed}`]).toEqual([[], `seed ${seed}`]);
    // Where there was nothing to leak, nothing was proven.
    expect(judge.seen.requests).toBeGreaterThanOrEqual(turnsWanted);
    expect(judge.seen.withMemory).toBeGreaterThan(turnsWanted / 2);
    expect(judge.seen.ofSeveralPeople).toBeGreaterThan(turnsWanted / 20);
    for (const kind of ['direct', 'topic', 'person', 'group'])
      expect(judge.seen.kinds.get(kind)).toBeGreaterThan(turnsWanted / 50);
    expect(forgotten.size).toBeGreaterThan(20);
  } finally {
    await world.close();
  }
}, 180_000);
