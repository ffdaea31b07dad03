import { expect, it } from 'vitest';
import { recoverTurns } from '../../../src/core/recover.ts';
import { scopeOf } from '../../../src/core/scope.ts';
import { asTurn, type Turn, type TurnId, type TurnKind } from '../../../src/core/turn.ts';
import { fakeMessage } from '../../fakes/adapter.ts';
import { silentLog } from '../../fakes/log.ts';

function left(name: string, kind: TurnKind, more: Partial<Turn> = {}): Turn {
  const message = fakeMessage();
  const scope = scopeOf(message.place, message.sender.key, 'user');
  return {
    ...asTurn({ id: name as TurnId, kind, scope, message, buttonKey: name, acceptedAt: 0 }),
    ...more,
  };
}

it('takes up what comes after a message that cannot be joined to its question', async () => {
  const begun: string[] = [];
  const errors: object[] = [];
  const services = {
    bursts: { join: () => Promise.reject(new Error('a bug')) },
    begin: (turn: Turn) => void begun.push(`${turn.id} ${turn.attempts}`),
    log: { ...silentLog, error: (fields: object) => void errors.push(fields) },
  };
  const part = left('part', 'part', { joinedTo: 'gone' as TurnId });
  await recoverTurns(services, [left('first', 'question'), part, left('last', 'command')]);
  // Whatever was begun may have been shown already.
  expect(begun).toEqual(['first 1', 'last 1']);
  expect(errors).toMatchObject([{ turn: '#part' }]);
});
