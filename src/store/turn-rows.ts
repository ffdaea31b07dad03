import type { Selectable } from 'kysely';
import type { Scope } from '../core/scope.ts';
import { withoutEvidence } from '../core/erased.ts';
import {
  firstFence,
  type AdmissionNotice,
  type Ending,
  type NewTurn,
  type StopWish,
  type Turn,
  type TurnId,
  type TurnKind,
  type TurnPatch,
  type TurnState,
} from '../core/turn.ts';
import type { TurnRow } from './schema.ts';

/** States in which somebody has still to work on a turn. */
export const unfinishedStates: readonly TurnState[] = ['accepted', 'open', 'streaming', 'finalising'];

/** A turn at its birth. */
export function toRow(turn: NewTurn, owner: string): Omit<TurnRow, 'lease_until'> {
  const { place } = turn.message;
  return {
    id: turn.id,
    adapter: place.adapter,
    event_key: turn.message.eventKey,
    platform: place.platform,
    tenant: place.tenant,
    chat: place.chat,
    place_kind: place.kind,
    topic: place.topic ?? null,
    person: turn.message.sender.key,
    scope: turn.scope,
    kind: turn.kind,
    notice: turn.notice === undefined ? null : JSON.stringify(turn.notice),
    state: 'accepted',
    attempts: 0,
    message: JSON.stringify(turn.message),
    question: null,
    answer: null,
    outcome: null,
    parts: '[]',
    button_key: turn.buttonKey,
    retried_at: null,
    prompt_tokens: null,
    completion_tokens: null,
    model: null,
    trace: null,
    joined_to: turn.joinedTo ?? null,
    owner,
    fence: firstFence,
    taken_up: 0,
    stop_wish: null,
    lane_fence: null,
    accepted_at: turn.acceptedAt,
    updated_at: turn.acceptedAt,
    erased_at: null,
  };
}

/** Before schema 5 a notice was its bare code. */
function readNotice(column: string): AdmissionNotice {
  const codes = ['too-old', 'not-allowed', 'queue-full', 'empty', 'unreadable'] as const;
  if (column.startsWith('{')) return JSON.parse(column) as AdmissionNotice;
  return { code: codes.find((code) => code === column) ?? 'not-allowed' };
}

// The store wrote these columns itself, so their shapes are trusted here and nowhere else.

export function readMessage(column: string): Turn['message'] {
  const message = JSON.parse(column) as Omit<Turn['message'], 'sentAt'> & { sentAt: string };
  return { ...message, sentAt: new Date(message.sentAt) };
}

function readEnding(column: string): Ending {
  return JSON.parse(column) as Ending;
}

/** The `outcome` column without what a server said of its own. */
export function endingWithoutEvidence(column: string): string {
  return JSON.stringify(withoutEvidence(readEnding(column)));
}

export function fromRow(row: Selectable<TurnRow>): Turn {
  return {
    id: row.id as TurnId,
    kind: row.kind as TurnKind,
    ...(row.notice === null ? {} : { notice: readNotice(row.notice) }),
    ...(row.joined_to === null ? {} : { joinedTo: row.joined_to as TurnId }),
    scope: row.scope as Scope,
    message: readMessage(row.message),
    buttonKey: row.button_key,
    acceptedAt: row.accepted_at,
    state: row.state as TurnState,
    attempts: row.attempts,
    takenUp: row.taken_up,
    stopWish: (row.stop_wish as StopWish | null) ?? undefined,
    question: row.question ?? undefined,
    answer: row.answer ?? undefined,
    ending: row.outcome === null ? undefined : readEnding(row.outcome),
    parts: JSON.parse(row.parts) as Turn['parts'],
    retriedAt: row.retried_at ?? undefined,
    promptTokens: row.prompt_tokens ?? undefined,
    completionTokens: row.completion_tokens ?? undefined,
    model: row.model ?? undefined,
    erasedAt: row.erased_at ?? undefined,
    fence: row.fence,
    trace: row.trace === null ? undefined : (JSON.parse(row.trace) as NonNullable<Turn['trace']>),
  };
}

/** Every column in which something said by a person or by the model may stand. */
export const contentColumns = ['question', 'answer', 'message', 'outcome'] as const;

export function toColumns(patch: TurnPatch): Partial<TurnRow> {
  return {
    ...(patch.state === undefined ? {} : { state: patch.state }),
    ...(patch.attempts === undefined ? {} : { attempts: patch.attempts }),
    ...(patch.question === undefined ? {} : { question: patch.question }),
    ...(patch.answer === undefined ? {} : { answer: patch.answer }),
    ...(patch.ending === undefined ? {} : { outcome: JSON.stringify(patch.ending) }),
    ...(patch.parts === undefined ? {} : { parts: JSON.stringify(patch.parts) }),
    ...(patch.promptTokens === undefined ? {} : { prompt_tokens: patch.promptTokens }),
    ...(patch.completionTokens === undefined ? {} : { completion_tokens: patch.completionTokens }),
    ...(patch.model === undefined ? {} : { model: patch.model }),
    ...(patch.trace === undefined ? {} : { trace: JSON.stringify(patch.trace) }),
    ...(patch.message === undefined ? {} : { message: JSON.stringify(patch.message) }),
    ...(patch.kind === undefined ? {} : { kind: patch.kind, joined_to: null }),
  };
}
