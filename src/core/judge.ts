import type { ModelEnd } from '../model/types.ts';
import type { ReplyOutcome } from '../contract/reply.ts';
import { TurnStopped } from './running.ts';
import type { EndingNotice, TurnState } from './turn.ts';

type Verdict = { readonly status: ReplyOutcome['status']; readonly notice?: EndingNotice };

function abortVerdict(reason: unknown): Verdict {
  const why = reason instanceof TurnStopped ? reason.reason : 'shutting-down';
  if (why === 'shutting-down' || why === 'let-go')
    return { status: 'interrupted', notice: { type: 'shutting-down' } };
  const named = why === 'recalled' || why === 'stopped-by-administrator';
  return { status: 'stopped', notice: { type: named ? why : 'stopped' } };
}

function silence(thought: boolean, length: boolean): Verdict {
  return { status: 'failed', notice: { type: thought && length ? 'thinking-only' : 'empty' } };
}

/** How the model's last event becomes the end of a reply. `reason` is the turn's abort reason, if it was aborted. */
export function judge(
  end: ModelEnd,
  shown: { readonly text: boolean; readonly thought: boolean },
  reason: unknown,
): Verdict {
  switch (end.reason) {
    case 'aborted':
      return abortVerdict(reason);
    case 'failed':
      return end.fault === undefined
        ? { status: 'failed', notice: { type: 'internal' } }
        : { status: shown.text ? 'interrupted' : 'failed', notice: { type: 'fault', fault: end.fault } };
    case 'truncated': {
      const notice: EndingNotice =
        end.fault === undefined ? { type: 'truncated' } : { type: 'fault', fault: end.fault };
      return { status: shown.text ? 'interrupted' : 'failed', notice };
    }
    case 'length':
      return shown.text ? { status: 'complete', notice: { type: 'length' } } : silence(shown.thought, true);
    case 'stop':
    case 'tool-calls':
      return shown.text ? { status: 'complete' } : silence(shown.thought, false);
  }
}

/** The state in which a turn rests after its reply ended so. */
export function restingState(status: ReplyOutcome['status']): TurnState {
  if (status === 'failed') return 'failed';
  return status === 'interrupted' ? 'interrupted' : 'done';
}
