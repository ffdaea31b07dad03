import { expect, it } from 'vitest';
import { createBreaker } from '../../../src/model/breaker.ts';
import { createFakeClock } from '../../fakes/clock.ts';

it('doubts a server for half a minute after one failure, and trusts it at once after an answer', async () => {
  const clock = createFakeClock();
  const breaker = createBreaker(clock);
  expect(breaker.trust()).toBe('well');
  breaker.failed(false);
  expect(breaker.trust()).toBe('doubtful');
  await clock.advance(30_000);
  expect(breaker.trust()).toBe('well');
  breaker.failed(false);
  breaker.succeeded();
  expect(breaker.trust()).toBe('well');
});

it('ejects after five failures in a row, not after five with an answer between', () => {
  const clock = createFakeClock();
  const breaker = createBreaker(clock);
  for (let round = 0; round < 4; round += 1) breaker.failed(false);
  expect(breaker.trust()).toBe('doubtful');
  breaker.succeeded();
  breaker.failed(false);
  expect(breaker.trust()).toBe('doubtful');
  for (let round = 0; round < 4; round += 1) breaker.failed(false);
  expect(breaker.trust()).toBe('ejected');
});

it('lets one message try an ejected server; its failure ejects again, its answer ends that', async () => {
  const clock = createFakeClock();
  const breaker = createBreaker(clock);
  breaker.failed(true);
  expect(breaker.trust()).toBe('ejected');
  await clock.advance(30_000);
  expect(breaker.trust()).toBe('trial');
  const over = breaker.begin();
  expect(breaker.trust()).toBe('ejected');
  breaker.failed(false);
  over();
  expect(breaker.trust()).toBe('ejected');
  await clock.advance(30_000);
  const again = breaker.begin();
  breaker.succeeded();
  again();
  expect(breaker.trust()).toBe('well');
});

it('gives the trial back when its message was stopped', async () => {
  const clock = createFakeClock();
  const breaker = createBreaker(clock);
  breaker.failed(true);
  await clock.advance(30_000);
  breaker.begin()();
  expect(breaker.trust()).toBe('trial');
});

it('believes a passed check of a server that refused, but not of one whose answers fail', () => {
  const clock = createFakeClock();
  const refusing = createBreaker(clock);
  refusing.failed(true);
  refusing.reachable();
  expect(refusing.trust()).toBe('well');
  const failing = createBreaker(clock);
  for (let round = 0; round < 5; round += 1) failing.failed(false);
  failing.reachable();
  expect(failing.trust()).toBe('ejected');
});
