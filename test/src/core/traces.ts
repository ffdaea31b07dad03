import { scopeOf } from '../../../src/core/scope.ts';
import { createTrace, type Trace } from '../../../src/core/trace.ts';
import { asTurn, type Turn, type TurnId } from '../../../src/core/turn.ts';
import type { Clock } from '../../../src/contract/runtime.ts';
import { fakeMessage } from '../../fakes/adapter.ts';

/** A question as it is when it was just accepted, with what else is said of it. */
export function questionTurn(clock: Clock, more: Partial<Turn> = {}): Turn {
  const message = fakeMessage();
  const accepted = asTurn({
    id: 'k7p2abcdefgh2345' as TurnId,
    kind: 'question',
    scope: scopeOf(message.place, message.sender.key, 'user'),
    message,
    buttonKey: 'b'.repeat(28),
    acceptedAt: clock.now().getTime(),
  });
  return { ...accepted, ...more };
}

/** For what writes a trace that no one reads. */
export const traceOf = (clock: Clock): Trace => createTrace(questionTurn(clock), clock);
