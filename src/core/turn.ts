import type { EventKey, Opaque, ReplyHandle } from '../contract/ids.ts';
import type { InboundMessage } from '../contract/inbound.ts';
import type { ReplyOutcome } from '../contract/reply.ts';
import type { ModelFault } from '../model/types.ts';
import type { LimitReached } from './limits.ts';
import type { Scope } from './scope.ts';

/** Names one turn everywhere: store, log, card. Sixteen characters; people see the first four. */
export type TurnId = Opaque<string, 'TurnId'>;

/**
 * `accepted` stored, nothing shown yet · `open` a reply stands in the chat · `streaming` text is shown · `finalising`
 * the ending is decided and stored, the platform has not confirmed the last edit · then one of the three ends.
 */
export type TurnState = 'accepted' | 'open' | 'streaming' | 'finalising' | 'done' | 'failed' | 'interrupted';

/**
 * `question` goes to the model, `command` to a command, `notice` is one sentence decided at admission. `part` is a
 * further message of a question that had shown no answer yet: it is answered with that one and has no reply of its own.
 */
export type TurnKind = 'question' | 'command' | 'notice' | 'part';

/** Sentences that are decided before anything is asked; the catalogue has the words. */
export type AdmissionNotice =
  | {
      readonly code: 'too-old' | 'not-allowed' | 'queue-full' | 'empty' | 'unreadable';
    }
  /** It held the code of the first administrator; its words were not kept. */
  | {
      readonly code:
        'administrator-claimed' | 'admin-code-used' | 'admin-code-exposed' | 'admin-code-unproven';
    }
  /** Too much was asked. */
  | ({ readonly code: 'limit' } & LimitReached)
  /** An administrator paused the service; `note` are their own words, perhaps none. */
  | { readonly code: 'paused'; readonly note: string };

/** Who asked for an end of the answer, so that whoever takes the turn up honours it and says so. */
export type StopWish = 'stopped' | 'stopped-by-administrator' | 'recalled';

/** One reply on the platform. `start` and `end` are positions in the answer (UTF-16). `end` is set once it is known. */
export type ReplyPart = {
  readonly handle: ReplyHandle;
  readonly start: number;
  readonly end?: number;
  readonly closed: boolean;
};

/** Why an answer is not whole, in the catalogue's terms. */
export type EndingNotice =
  | { readonly type: 'fault'; readonly fault: ModelFault }
  | { readonly type: 'length' }
  | { readonly type: 'thinking-only' }
  | { readonly type: 'empty' }
  | { readonly type: 'truncated' }
  | { readonly type: 'stopped' }
  | { readonly type: 'stopped-by-administrator' }
  | { readonly type: 'recalled' }
  | { readonly type: 'restarted' }
  | { readonly type: 'shutting-down' }
  | { readonly type: 'pictures-unusable' }
  | { readonly type: 'internal' }
  | { readonly type: 'content-rejected' };

/** Everything needed to build the last snapshot again after a restart. */
export type Ending = {
  readonly status: ReplyOutcome['status'];
  readonly notice?: EndingNotice;
  /** Side remarks beside a good answer: a picture could not be used, an older one has expired. */
  readonly remarks: readonly string[];
  /** Says that a machine made the answer, where the operator wants that said. */
  readonly label?: string;
  readonly model?: string;
  readonly durationMs: number;
  readonly tokens?: number;
};

/**
 * How a question went, for `/why` and `/status`: durations in milliseconds since it was accepted, and no content.
 * What was never reached is absent.
 */
export type TurnTrace = {
  /** The reply stood in the chat. */
  readonly openedMs?: number;
  /** The conversation's lane was free, words and pictures were there, the model was asked. */
  readonly askedMs?: number;
  /** A model server took the request up (after our own line). */
  readonly servedMs?: number;
  /** The first token of any kind, reasoning included. */
  readonly firstTokenMs?: number;
  /** The first word of the answer left the model. */
  readonly firstTextMs?: number;
  /** The platform accepted the first edit that held text. */
  readonly firstShownMs?: number;
  /** The model had finished, or failed. */
  readonly lastTokenMs?: number;
  /** The platform accepted the last edit. */
  readonly closedMs?: number;
  /** Edits that the platform accepted after the reply's opening, the last one included. */
  readonly edits?: number;
  /** How often model servers were asked beyond the first time. */
  readonly retries?: number;
  /** Host and port of the server that answered, or that was asked last. */
  readonly server?: string;
  readonly engine?: string;
  /** Output tokens per second, from the first token on. */
  readonly tokensPerSecond?: number;
  /** Why it did not end well: a model fault's code, an ending's, or `undeliverable`. */
  readonly fault?: string;
};

export type NewTurn = {
  readonly id: TurnId;
  readonly kind: TurnKind;
  readonly notice?: AdmissionNotice;
  /** For a `part`: the question it is answered with. */
  readonly joinedTo?: TurnId;
  readonly scope: Scope;
  readonly message: InboundMessage;
  readonly buttonKey: string;
  readonly acceptedAt: number;
};

/** The number of a turn's first lease. */
export const firstFence = 1;

export type Turn = NewTurn & {
  /** Rises when another process takes the turn over; writes with an older number are refused. */
  readonly fence: number;
  readonly state: TurnState;
  readonly attempts: number;
  /** How often it was taken up after a process had left it in the middle; at a hand-over in good order it is not counted. */
  readonly takenUp: number;
  /** Somebody asked for its end while another process worked on it, or nobody did. */
  readonly stopWish: StopWish | undefined;
  readonly question: string | undefined;
  readonly answer: string | undefined;
  readonly ending: Ending | undefined;
  readonly parts: readonly ReplyPart[];
  readonly retriedAt: number | undefined;
  readonly promptTokens: number | undefined;
  readonly completionTokens: number | undefined;
  /** The id of the model that answered. */
  readonly model: string | undefined;
  readonly trace: TurnTrace | undefined;
  /** Its words were erased; nobody answers it, quotes it or goes on from it. */
  readonly erasedAt: number | undefined;
};

export type TurnPatch = {
  readonly state?: TurnState;
  readonly attempts?: number;
  readonly question?: string;
  readonly answer?: string;
  readonly ending?: Ending;
  readonly parts?: readonly ReplyPart[];
  readonly promptTokens?: number;
  readonly completionTokens?: number;
  readonly model?: string;
  readonly trace?: TurnTrace;
  /** The message together with those that were taken with it. */
  readonly message?: InboundMessage;
  /** Parts that were answered with this question and end with it. */
  readonly absorbed?: readonly TurnId[];
  /** A part that came too late to be answered with another question becomes one of its own. */
  readonly kind?: 'question';
};

/** What people see of a turn's id, with the sign in front: `#k7p2`. */
export function shortId(id: TurnId): string {
  return `#${id.slice(0, 4)}`;
}

/** A turn as it is at its birth. */
export function asTurn(turn: NewTurn): Turn {
  return {
    ...turn,
    state: 'accepted',
    attempts: 0,
    takenUp: 0,
    stopWish: undefined,
    question: undefined,
    answer: undefined,
    ending: undefined,
    parts: [],
    retriedAt: undefined,
    promptTokens: undefined,
    completionTokens: undefined,
    model: undefined,
    trace: undefined,
    fence: firstFence,
    erasedAt: undefined,
  };
}

/** The event key of a question that is asked once more: that of its first turn, a `#` and the turn it is asked after. */
export function keyOfAskingAgain(old: Pick<Turn, 'id' | 'message'>): EventKey {
  return `${old.message.eventKey}#${old.id}` as EventKey;
}

export function isAskedAgain({ message }: Pick<Turn, 'message'>): boolean {
  return /#[a-z0-9]{16}$/.test(message.eventKey);
}
