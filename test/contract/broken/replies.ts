import { randomUUID } from 'node:crypto';
import type { Adapter } from '../../../src/contract/adapter.ts';
import { AdapterError } from '../../../src/contract/errors.ts';
import type { ReplySink } from '../../../src/contract/reply.ts';
import { never } from '../stage.ts';
import { withEnd, withErrors, withOpening, withSink, type Broken } from './tools.ts';

export const brokenReplies: readonly Broken[] = [
  {
    is: 'shows nothing while it waits',
    caughtBy: ['shows a first sign of life as soon as a reply is open'],
    adapter: withOpening((opening) => {
      const { markdown, buttons = [], preview } = opening.first;
      return { ...opening, first: { markdown, buttons, preview } };
    }),
  },
  {
    is: 'shows updates only now and then',
    caughtBy: ['shows each update, and never takes back what is shown'],
    adapter: withSink((sink) => {
      let updates = 0;
      return {
        update: async (...given) => {
          updates += 1;
          if (updates % 3 === 0) await sink.update(...given);
        },
      };
    }),
  },
  {
    is: 'shows a cursor',
    anywhere: true,
    caughtBy: ['shows each update, and never takes back what is shown'],
    adapter: withSink((sink) => ({
      update: (latest, ...given) =>
        sink.update(() => ({ ...latest(), markdown: `${latest().markdown}▌` }), ...given),
    })),
  },
  {
    is: 'reads the state before the call may leave',
    caughtBy: ['reads the newest state once for each update, and only when the call leaves'],
    adapter: withSink((sink) => ({
      update: (latest, ...given) => {
        const state = latest();
        return sink.update(() => state, ...given);
      },
    })),
  },
  {
    is: 'reads the state twice',
    caughtBy: ['reads the newest state once for each update, and only when the call leaves'],
    adapter: withSink((sink) => ({
      update: (latest, ...given) =>
        sink.update(
          () => {
            latest();
            return latest();
          },
          ...given,
        ),
    })),
  },
  {
    is: 'trims answers',
    anywhere: true,
    caughtBy: ['ends with the rendered answer to the byte, no longer live'],
    adapter: withEnd(({ snapshot }) => ({ markdown: snapshot.markdown.trim() })),
  },
  {
    is: 'cuts long answers',
    anywhere: true,
    caughtBy: ['shows an answer as long as it says it can, whole, whatever stands beside it'],
    adapter: withEnd(({ snapshot }) => ({
      markdown: snapshot.markdown.slice(0, snapshot.markdown.length / 2),
    })),
  },
  {
    is: 'leaves out the bot’s own sentence',
    caughtBy: [
      'shows notice, footer, buttons, facts and an answer beside each other at the end',
      'ends without a word of an answer in a sentence of the bot’s own',
    ],
    adapter: withEnd(() => ({ notice: '' })),
  },
  {
    is: 'leaves tables out',
    caughtBy: ['shows notice, footer, buttons, facts and an answer beside each other at the end'],
    adapter: withEnd(() => ({ facts: [] })),
  },
  {
    is: 'does not end what has no answer',
    caughtBy: ['ends without a word of an answer in a sentence of the bot’s own'],
    adapter: withSink((sink) => ({
      close: async (outcome, signal) => {
        if (outcome.snapshot.markdown !== '') await sink.close(outcome, signal);
      },
    })),
  },
  {
    is: 'answers topics in the group',
    caughtBy: ['answers where it was asked, in direct chat, group and topic'],
    adapter: withOpening((opening) => ({
      ...opening,
      target: JSON.parse(JSON.stringify(opening.target).replace(/"(other-)?topic"/, '"group"')) as never,
    })),
  },
  {
    is: 'sends the end once more when told again',
    caughtBy: ['closes once, however often it is told the same end'],
    adapter: withSink((sink, adapter) => {
      let closes = 0;
      return {
        close: async (outcome, signal) => {
          closes += 1;
          if (closes > 1) await openAnother(adapter, sink, outcome.snapshot.markdown);
          await sink.close(outcome, signal);
        },
      };
    }),
  },
  {
    is: 'forgets its replies when it is started again',
    anywhere: true,
    caughtBy: ['goes on with a reply in another process, to its end, without a call that is refused'],
    adapter: (adapter) => ({
      ...adapter,
      resumeReply: async (handle) => ({
        handle,
        update: async () => undefined,
        close: async () => undefined,
      }),
    }),
  },
  {
    is: 'leaves a whole reply live',
    anywhere: true,
    caughtBy: ['shows a reply that is whole at once in its end form, and needs no further call'],
    adapter: withOpening(({ target, first, key, maybeSent }) => ({ target, first, key, maybeSent })),
  },
  {
    is: 'edits more often than the platform allows',
    caughtBy: ['is refused no call during half a minute of three answers growing at its own rate'],
    adapter: (adapter) => ({
      ...adapter,
      capabilities: { ...adapter.capabilities, updateIntervalMs: 50, callLimits: [] },
    }),
    deps: (deps) => ({ ...deps, createBudget: () => deps.createBudget([]) }),
  },
  {
    is: 'opens a second reply rather than find the first',
    caughtBy: [
      'shows one reply when the answer to its opening was lost and it is opened again',
      'shows one reply when any answer on the way to its opening was lost and it is opened again',
      'finds the reply another process had opened under the same key without having stored it',
      'ends the reply another process had opened without having stored it, when only the end is left to show',
    ],
    adapter: withOpening((opening) => ({ ...opening, key: randomUUID() })),
  },
  {
    is: 'reads the state again after an answer was lost',
    caughtBy: ['gives an update whose answer was lost no second state'],
    adapter: withSink((sink) => ({
      update: (...given) => sink.update(...given).catch(() => sink.update(...given)),
    })),
  },
  {
    is: 'sends the end as a message of its own when an answer was lost',
    caughtBy: ['ends a reply once, although the answer to its end was lost'],
    adapter: withSink((sink, adapter) => ({
      close: (outcome, signal) =>
        sink.close(outcome, signal).catch(() => openAnother(adapter, sink, outcome.snapshot.markdown)),
    })),
  },
  {
    is: 'tries the end only once',
    caughtBy: ['ends a reply after the platform has failed for a while'],
    adapter: withSink((sink) => {
      let closed = false;
      return {
        close: async (...given) => {
          if (closed) return;
          closed = true;
          await sink.close(...given);
        },
      };
    }),
  },
  {
    is: 'does not slow down',
    caughtBy: ['goes slower when told that it is too often, and says how long to wait'],
    deps: (deps) => ({
      ...deps,
      createBudget: (limits) => ({ ...deps.createBudget(limits), slowDown: () => undefined }),
    }),
  },
  {
    is: 'knows one kind of failure only',
    caughtBy: [
      'says that it was told too often when that does not end',
      'says that the platform is unavailable, and nothing secret with it',
      'says when message or chat is gone',
    ],
    adapter: withErrors(() => new AdapterError('invalid', 'it did not work')),
  },
  {
    is: 'lets any error through',
    caughtBy: [
      'says that the platform is unavailable, and nothing secret with it',
      'says when message or chat is gone',
    ],
    adapter: withErrors(() => new Error('it did not work')),
  },
  {
    is: 'puts what it sent into its errors',
    caughtBy: ['says that the platform is unavailable, and nothing secret with it'],
    adapter: withErrors(
      ({ code }, about) =>
        new AdapterError(code, 'it did not work', { cause: new Error(`while sending ${about}`) }),
    ),
  },
  {
    is: 'is sure that nothing was sent',
    caughtBy: [
      'says when no answer came in time, and that it may have been sent',
      'shows one reply when the answer to its opening was lost and it is opened again',
    ],
    adapter: withErrors(({ code, message }) => new AdapterError(code, message)),
  },
  {
    is: 'takes any handle for its own',
    caughtBy: ['refuses references that are none of its own'],
    adapter: (adapter) => ({
      ...adapter,
      resumeReply: (handle, signal) =>
        adapter
          .resumeReply(handle, signal)
          .catch((): ReplySink => ({ handle, update: async () => undefined, close: async () => undefined })),
    }),
  },
];

async function openAnother(adapter: Adapter, { handle }: ReplySink, markdown: string): Promise<void> {
  const { target } = handle as unknown as { readonly target: never };
  const first = { markdown, preview: markdown };
  await adapter.openReply({ target, first, key: randomUUID(), maybeSent: false, whole: 'complete' }, never);
}
