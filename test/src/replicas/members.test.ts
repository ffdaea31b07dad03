import { beforeEach, describe, expect, it } from 'vitest';
import { createMembers, type Members } from '../../../src/replicas/members.ts';
import type { ReplicaStore } from '../../../src/store/replicas.ts';
import { createLocalSignals, type Signals } from '../../../src/store/signals.ts';
import { createFakeClock, type FakeClock } from '../../fakes/clock.ts';
import { silentLog } from '../../fakes/log.ts';
import { replicasInMemory } from './replicas-in-memory.ts';

const never = new AbortController().signal;
const minuteMs = 60_000;

type Process = {
  readonly members: Members;
  /** Among how many it divides a limit with this window at the moment. */
  among(windowMs?: number): number;
  /** It uses more than its part now, or no longer. */
  uses(within: boolean): void;
  /** It uses so much of a minute's limit. */
  usesPart(part: number): void;
  /** The process stands still, or goes on. */
  still(standing: boolean): void;
};

let clock: FakeClock;
let store: ReplicaStore;
let signals: Signals;

function process(owner: string): Process {
  let replicasIn: (windowMs: number) => number = () => Number.NaN;
  let within: () => boolean = () => true;
  let standing = false;
  const frozen = new Promise<never>(() => undefined);
  const members = createMembers({
    store: { ...store, beat: (beat) => (standing ? frozen : store.beat(beat)) },
    signals,
    owner,
    clock,
    monotonicMs: () => clock.now().getTime(),
    log: silentLog,
  });
  members.share({ divide: (given) => (replicasIn = given), within: () => within() });
  void members.keep();
  return {
    members,
    among: (windowMs = 1_000) => replicasIn(windowMs),
    uses: (given) => (within = () => given),
    usesPart: (part) => (within = () => 1 / replicasIn(minuteMs) >= part),
    still: (given) => (standing = given),
  };
}

beforeEach(() => {
  clock = createFakeClock();
  store = replicasInMemory(clock, () => 5);
  signals = createLocalSignals();
});

describe('a process that comes', () => {
  it('has everything to itself where nobody else is, at once', async () => {
    const one = process('one');
    expect(one.members.isIn()).toBe(false);
    await clock.advance(50);
    expect([one.members.isIn(), one.among()]).toEqual([true, 1]);
  });

  it('is in within a moment where the others have room, and then all have the same part', async () => {
    const one = process('one');
    await clock.advance(10_000);
    const two = process('two');
    const three = process('three');
    await clock.advance(1_000);
    expect([one, two, three].map(({ members }) => members.isIn())).toEqual([true, true, true]);
    expect([one, two, three].map((each) => each.among())).toEqual([3, 3, 3]);
  });

  it('waits while what another used before still counts', async () => {
    const one = process('one');
    await clock.advance(5_000);
    one.uses(false);
    const two = process('two');
    let entered = false;
    void two.members.entered(never).then(() => (entered = true));
    await clock.advance(20_000);
    expect([one.among(), two.members.isIn(), entered]).toEqual([2, false, false]);
    one.uses(true);
    await clock.advance(2_000);
    expect([two.members.isIn(), entered]).toEqual([true, true]);
  });

  it('does not wait for ever', async () => {
    const one = process('one');
    await clock.advance(5_000);
    one.uses(false);
    const two = process('two');
    await clock.advance(2 * minuteMs);
    expect(two.members.isIn()).toBe(true);
  });

  it('waits for one that died until its death is certain and its last second over, and counts what it used as its own', async () => {
    const one = process('one');
    await clock.advance(5_000);
    one.still(true);
    await clock.advance(1_000);
    const two = process('two');
    await clock.advance(2_000);
    expect([two.members.isIn(), two.members.waitsFor()]).toEqual([false, expect.stringContaining('1 of')]);
    await clock.advance(5_000);
    expect([two.members.isIn(), two.members.waitsFor()]).toEqual([true, undefined]);
    await clock.advance(1_000);
    expect([two.among(30), two.among(minuteMs), two.members.inherits()]).toEqual([1, 1, true]);
    const three = process('three');
    await clock.advance(2_000);
    // In its minute the dead one's use still counts as the second one's, and never as that of one that came later.
    expect([two.members.inherits(), three.members.inherits()]).toEqual([true, false]);
    await clock.advance(2 * minuteMs);
    expect(two.members.inherits()).toBe(false);
  });
});

describe('a process that ends', () => {
  it('leaves its part to the others when its windows are over, and nobody waits for it', async () => {
    const [one, two] = [process('one'), process('two')];
    await clock.advance(2_000);
    await two.members.leave();
    await clock.advance(100);
    expect([two.members.isIn(), one.among()]).toEqual([false, 2]);
    await clock.advance(5_000);
    expect([one.among(), one.among(minuteMs)]).toEqual([1, 2]);
    const three = process('three');
    await clock.advance(1_000);
    expect(three.members.isIn()).toBe(true);
  });

  it('has its part kept from all the others, so that whoever comes shares only what is left', async () => {
    const [one, two] = [process('one'), process('two')];
    await clock.advance(2_000);
    await two.members.leave();
    const three = process('three');
    await clock.advance(5_000);
    expect([one, three].map((each) => [each.among(), each.among(minuteMs)])).toEqual([
      [2, 4],
      [2, 4],
    ]);
  });

  it('is followed by one that is let in when its part is free, and nobody makes room for that before', async () => {
    const [one, two] = [process('one'), process('two')];
    await clock.advance(2_000);
    await two.members.leave();
    one.usesPart(1 / 2);
    const three = process('three');
    await clock.advance(50_000);
    expect([one.among(minuteMs), three.members.isIn()]).toEqual([2, false]);
    await clock.advance(15_000);
    expect([one.among(minuteMs), three.among(minuteMs), three.members.isIn()]).toEqual([2, 2, true]);
  });
});

describe('a process that stood still', () => {
  it('knows by itself that the others may have taken its part, before they do', async () => {
    const [one, two] = [process('one'), process('two')];
    await clock.advance(3_000);
    one.still(true);
    await clock.advance(4_600);
    expect([one.members.isIn(), two.among()]).toEqual([false, 2]);
    await clock.advance(5_000);
    expect([two.members.isIn(), two.among()]).toEqual([true, 1]);
  });
});
