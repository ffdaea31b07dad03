import type { Adapter } from '../../../src/contract/adapter.ts';
import { AdapterError } from '../../../src/contract/errors.ts';
import type { Address, ReplyHandle } from '../../../src/contract/ids.ts';
import type { ReplyOpening, ReplySink, Snapshot } from '../../../src/contract/reply.ts';
import type { MemoryOptions, Out } from './adapter.ts';
import { fieldOf, type MemoryTarget } from './decode.ts';
import type { MemoryPlatform, View } from './platform.ts';

type MemoryHandle = { readonly bubble?: string; readonly target: MemoryTarget; readonly key: string };

/** The half of the memory adapter that shows replies. */
export function createMemoryReplies(
  platform: MemoryPlatform,
  options: MemoryOptions,
  out: Out,
): Pick<Adapter, 'openReply' | 'resumeReply' | 'addressOf' | 'addressOfGroup' | 'send'> {
  const look = (snapshot: Snapshot, live: boolean): View => viewOf(snapshot, live, options.oneText);

  function sinkOf(handle: MemoryHandle, closedAs?: string): ReplySink {
    const { bubble, target, key } = handle;
    let closed = closedAs;
    return {
      handle: handle as unknown as ReplyHandle,
      async update(latest, urgency, signal) {
        if (closed !== undefined || bubble === undefined) return;
        await out(
          'edit',
          urgency,
          signal,
          once(() => platform.edit(bubble, look(latest(), true))),
        );
      },
      async close(outcome, signal) {
        if (closed === JSON.stringify(outcome)) return;
        const view = look(outcome.snapshot, false);
        await (bubble === undefined
          ? out('post', 'final', signal, () => platform.post(target.where, target.owner, key, view))
          : out('edit', 'final', signal, () => platform.edit(bubble, view)));
        closed = JSON.stringify(outcome);
      },
    };
  }

  return {
    async openReply({ target: opaque, first, key, whole, maybeSent }: ReplyOpening, signal) {
      const target = opaque as unknown as MemoryTarget;
      if (options.updates === 'final-only' && whole === undefined) return sinkOf({ target, key });
      const view = look(first, whole === undefined);
      const { where, owner } = target;
      const { id } = await out('post', 'first', signal, () => platform.post(where, owner, key, view));
      // What was posted before under this key keeps what it showed then.
      if (maybeSent && whole !== undefined) await out('edit', 'final', signal, () => platform.edit(id, view));
      const closedAs = whole === undefined ? undefined : JSON.stringify({ status: whole, snapshot: first });
      return sinkOf({ bubble: id, target, key }, closedAs);
    },
    async resumeReply(stored) {
      if (typeof fieldOf(stored, 'key') !== 'string') {
        throw new AdapterError('invalid', 'memory: not a handle of this adapter');
      }
      return sinkOf(stored as unknown as MemoryHandle);
    },
    addressOf: (person) => ({ where: 'direct', owner: person.replace('person-', '') }) as unknown as Address,
    addressOfGroup: () => ({ where: 'group', owner: 'asker' }) as unknown as Address,
    async send(to, content, key, signal) {
      const { where, owner } = to as unknown as MemoryTarget;
      await out('post', 'background', signal, () => platform.post(where, owner, key, look(content, false)));
    },
  };
}

function viewOf(snapshot: Snapshot, live: boolean, oneText: boolean): View {
  const { markdown, progress, notice, footer, facts = [], buttons = [] } = snapshot;
  const rows = facts.flatMap((fact) =>
    fact.type === 'table' ? [fact.columns, ...fact.rows] : [[fact.title]],
  );
  const shownProgress = live && (!oneText || markdown === '') ? progress : undefined;
  const beside = [shownProgress, notice, ...rows.map((row) => row.join(' | ')), footer].filter(
    (line) => line !== undefined,
  );
  const whole = [markdown, ...beside].filter((part) => part !== '').join('\n\n');
  return {
    text: oneText ? whole : markdown,
    ...(shownProgress === undefined || oneText ? {} : { progress: shownProgress }),
    ...(notice === undefined || oneText ? {} : { notice }),
    ...(footer === undefined || oneText ? {} : { footer }),
    words: [whole, ...buttons.map(({ label }) => label)].join('\n'),
    buttons: buttons.map(({ id, label }) => ({ id, label })),
    live,
  };
}

/** An effect that comes once, although a call may be looked at twice. */
function once<Result>(effect: () => Result): () => Result {
  let done: { readonly result: Result } | undefined;
  return () => (done ??= { result: effect() }).result;
}
