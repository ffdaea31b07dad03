import { onTestFinished } from 'vitest';
import { AdapterError } from '../../../src/contract/errors.ts';
import { MEMORY_SECRET } from '../memory/platform.ts';
import { never } from '../stage.ts';
import { withRender, withSink, type Broken } from './tools.ts';

export const brokenRest: readonly Broken[] = [
  {
    is: 'can show nothing, by its own account',
    caughtBy: ['describes itself in numbers that can be kept to'],
    adapter: (adapter) => ({ ...adapter, capabilities: { ...adapter.capabilities, maxReplyBytes: 0 } }),
  },
  {
    is: 'is up before it has begun',
    caughtBy: ['is up once the platform is reached, and down once stopped, which may be said twice'],
    adapter: (adapter) => ({ ...adapter, health: () => ({ ...adapter.health(), state: 'up' }) }),
  },
  {
    is: 'cannot be started while the platform is down',
    caughtBy: ['starts without waiting for a platform that is down, says so, and is up when that is over'],
    adapter: (adapter) => ({
      ...adapter,
      async start(inbox) {
        await adapter.start(inbox);
        for (let turns = 0; turns < 50; turns += 1) await Promise.resolve();
        if (adapter.health().state !== 'up') throw new AdapterError('unavailable', 'the platform is down');
      },
    }),
  },
  {
    is: 'gives up a platform that was down',
    caughtBy: ['starts without waiting for a platform that is down, says so, and is up when that is over'],
    adapter(adapter) {
      let failed = false;
      return {
        ...adapter,
        health() {
          const health = adapter.health();
          failed ||= health.state === 'down';
          return failed ? { ...health, state: 'down' } : health;
        },
      };
    },
  },
  {
    is: 'tells its secret to operators',
    caughtBy: [
      'says that its credentials are wrong, in health and in the doctor’s checks, without telling them',
    ],
    adapter: (adapter) => ({
      ...adapter,
      health: () => ({ ...adapter.health(), detail: `refused: ${MEMORY_SECRET}` }),
    }),
  },
  {
    is: 'hopes that wrong credentials become right',
    caughtBy: [
      'says that its credentials are wrong, in health and in the doctor’s checks, without telling them',
    ],
    adapter: (adapter) => ({
      ...adapter,
      health() {
        const health = adapter.health();
        return health.state === 'failed' ? { ...health, state: 'down' } : health;
      },
    }),
  },
  {
    is: 'has nothing for the doctor',
    caughtBy: ['gives the doctor its checks, disturbs nobody with them, and tells no secrets'],
    adapter: (adapter) => ({
      ...adapter,
      probe: async function* () {
        // nothing to say
      },
    }),
  },
  {
    is: 'tries itself out on people',
    caughtBy: ['gives the doctor its checks, disturbs nobody with them, and tells no secrets'],
    adapter: (adapter) => ({
      ...adapter,
      async *probe(signal) {
        const somebody = { where: 'direct', owner: 'asker' } as never;
        await adapter.send(somebody, { markdown: '测试', preview: '测试' }, 'probe', signal);
        yield* adapter.probe(signal);
      },
    }),
  },
  {
    is: 'does not keep to its budget',
    caughtBy: ['makes no call past its budget, and stops waiting at once when aborted'],
    deps: (deps) => ({
      ...deps,
      createBudget: (limits) => ({ ...deps.createBudget(limits), run: (_call, _signal, send) => send() }),
    }),
  },
  {
    is: 'waits on although aborted',
    caughtBy: [
      'makes no call past its budget, and stops waiting at once when aborted',
      'gives up a call under way at once when aborted',
    ],
    adapter: (adapter) => ({ ...adapter, openReply: (opening) => adapter.openReply(opening, never) }),
  },
  {
    is: 'says that it was unavailable when it was aborted',
    caughtBy: [
      'makes no call past its budget, and stops waiting at once when aborted',
      'gives up a call under way at once when aborted',
    ],
    adapter: (adapter) => ({
      ...adapter,
      openReply: (...given) =>
        adapter.openReply(...given).catch((): never => {
          throw new AdapterError('unavailable', 'no answer');
        }),
    }),
  },
  {
    is: 'leaves a timer behind',
    anywhere: true,
    caughtBy: ['leaves nothing behind when it is stopped: no socket, no timer, nobody waiting'],
    adapter: (adapter) => ({
      ...adapter,
      async start(inbox) {
        // More of them than the test runner has timers of its own, behind which one could hide on a busy machine.
        const timers = Array.from({ length: 12 }, () => setInterval(() => undefined, 60_000));
        onTestFinished(() => timers.forEach((timer) => clearInterval(timer)));
        await adapter.start(inbox);
      },
    }),
  },
  {
    is: 'leaves somebody waiting',
    anywhere: true,
    caughtBy: ['leaves nothing behind when it is stopped: no socket, no timer, nobody waiting'],
    adapter: (adapter, { clock }) => ({
      ...adapter,
      async start(inbox) {
        void clock.sleep(24 * 3_600_000);
        await adapter.start(inbox);
      },
    }),
  },
  {
    is: 'logs answers',
    caughtBy: ['writes no words of people, no answers and no secrets into the log'],
    adapter: (adapter, { log }) =>
      withSink((sink) => ({
        update: (latest, ...given) =>
          sink.update(
            () => {
              const snapshot = latest();
              log.debug({ bytes: snapshot.markdown }, 'an edit');
              return snapshot;
            },
            ...given,
          ),
      }))(adapter),
  },
  {
    is: 'logs secrets',
    caughtBy: ['writes no words of people, no answers and no secrets into the log'],
    adapter: (adapter, { log }) => ({
      ...adapter,
      async start(inbox) {
        log.trace({ error: new Error('refused', { cause: new Error(MEMORY_SECRET) }) }, 'connecting');
        await adapter.start(inbox);
      },
    }),
  },
  {
    is: 'escapes what needs no escape',
    caughtBy: ['leaves plain words as they are, and holds back little of them'],
    adapter: withRender((markdown, complete, render) => render(markdown, complete).replaceAll('.', '\\.')),
  },
  {
    is: 'shows nothing before the end of a line',
    caughtBy: ['leaves plain words as they are, and holds back little of them'],
    adapter: withRender((markdown, complete, render) =>
      render(complete ? markdown : markdown.slice(0, markdown.lastIndexOf('\n') + 1), complete),
    ),
  },
  {
    is: 'gives another text each time',
    caughtBy: ['gives the same for the same text'],
    adapter(adapter) {
      let times = 0;
      return withRender((markdown, complete, render) => {
        times += 1;
        return `${render(markdown, complete)} ${times}`;
      })(adapter);
    },
  },
  {
    is: 'mends a fence that is still open',
    caughtBy: [
      'begins what it gives for a longer text with what it gave for a shorter one, wherever that was cut',
    ],
    adapter: withRender((markdown, complete, render) => {
      const open = markdown.split('```').length % 2 === 0;
      return `${render(markdown, complete)}${open ? '\n```' : ''}`;
    }),
  },
  {
    is: 'changes at the end what was shown before',
    caughtBy: [
      'begins what it gives for a longer text with what it gave for a shorter one, wherever that was cut',
    ],
    adapter: withRender((markdown, complete, render) =>
      complete ? render(markdown, complete).trimEnd() : render(markdown, complete),
    ),
  },
  {
    is: 'drops what is undecided at the end',
    caughtBy: ['holds nothing back once the text is complete'],
    adapter: withRender((markdown, complete, render) =>
      render(markdown, complete).replace(/[*`<[|\\_]+$/, ''),
    ),
  },
  {
    is: 'passes halves of characters on',
    caughtBy: ['gives a well-formed text for whatever a model may say'],
    adapter: withRender((markdown) => markdown.replaceAll('@', '＠')),
  },
  {
    is: 'lets a model call people',
    caughtBy: ['notifies nobody by what a model says, neither while it grows nor at the end'],
    adapter: withRender((markdown) => markdown.toWellFormed()),
  },
  {
    is: 'lets a model call people at the end',
    anywhere: true,
    caughtBy: ['notifies nobody by what a model says, neither while it grows nor at the end'],
    adapter: withRender((markdown, complete, render) => (complete ? markdown : render(markdown, complete))),
  },
];
