import type { AssistantBook } from '../assistants/book.ts';
import type { FactBlock } from '../contract/reply.ts';
import type { Access, Asker } from '../core/access.ts';
import type { Broadcasts } from '../core/broadcast.ts';
import type { OwnerOf } from '../core/group-owners.ts';
import type { OwnHistory } from '../core/own-history.ts';
import type { PolicyBook } from '../core/policy.ts';
import type { Queue } from '../core/queue.ts';
import type { Retry } from '../core/retry.ts';
import type { Turn } from '../core/turn.ts';
import type { ModelHealth } from '../model/types.ts';
import type { Phrase } from '../reply/notices/phrase.ts';
import type { Language, Store } from '../store/store.ts';
import type { DiagnoseOptions, DoctorEvent } from '../diagnosis/diagnose.ts';
import type { StatusReport } from '../diagnosis/status.ts';

/** What a command may use. Small on purpose: a command steers, it does not answer questions. */
export type CommandServices = {
  readonly store: Pick<
    Store,
    'turns' | 'scopes' | 'people' | 'knownPeople' | 'usage' | 'audit' | 'counter' | 'turnedAway'
  >;
  readonly access: Access;
  /** What administrators set at run time, and the way to set it. */
  readonly policy: PolicyBook;
  /** The platforms that are connected, as `ADMINS` and `ALLOW` name them. */
  readonly platforms: ReadonlySet<string>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Of the service; an IANA name. */
  readonly timeZone: string;
  /** When today, or this month, began in the service's time zone; milliseconds since the epoch. */
  readonly startOf: (unit: 'day' | 'month') => number;
  /** Stops the running answers of a scope that this person asked for; says how many. */
  readonly stop: (turn: Turn) => Promise<number>;
  readonly retry: Retry;
  /** Who owns a group, where the platform tells. */
  readonly ownerOf: OwnerOf;
  readonly ownHistory: OwnHistory;
  readonly queue: Queue;
  readonly broadcasts: Broadcasts;
  readonly status: () => Promise<StatusReport>;
  /** The profiles of the assistants file. */
  readonly assistants: AssistantBook;
  /** Each model server and what it lists, as last known; asks only while nothing is known, and then not for long. */
  readonly modelServers: (signal: AbortSignal) => Promise<readonly ModelHealth[]>;
  /** Names of the models that answer text, as far as they are known; no I/O. */
  readonly models: () => readonly string[];
  /** Writes to the asker alone; undefined where the platform cannot be told how. Rejects when it is not taken. */
  readonly inDirectChat: (
    turn: Turn,
  ) => ((markdown: string, signal: AbortSignal) => Promise<void>) | undefined;
  /** Tries everything the service needs, one check after another. */
  readonly diagnose: (options: DiagnoseOptions, signal: AbortSignal) => AsyncIterable<DoctorEvent>;
};

export type CommandContext = {
  readonly turn: Turn;
  readonly asker: Asker;
  /** What stands behind the command's name, trimmed. */
  readonly argument: string;
  readonly language: Language;
  readonly services: CommandServices;
  /** Aborts when the person stops the command, or the process ends. */
  readonly signal: AbortSignal;
  /** The commands this asker may use. */
  readonly available: readonly Command[];
  /**
   * Writes down what the command changed, or with `allowed: false` that it refused to: subject and values, never message
   * text. Of an administrator's command it is known already that it was tried; of others nothing, unless they say so.
   */
  readonly audit: (detail: string, allowed?: boolean) => Promise<void>;
};

/** More of an answer that grows: text that follows what stands there, or the line beside it that says what is being done. */
export type GrowingPart = { readonly markdown: string } | { readonly progress: string };

/**
 * What is said in reply: at once, or `growing` in the reply while the command works. `elsewhere`: the command has set
 * off a reply of its own under the person's message.
 */
export type CommandAnswer =
  | { readonly markdown: string; readonly facts?: readonly FactBlock[] }
  | { readonly growing: AsyncIterable<GrowingPart> }
  | 'elsewhere';

export type Command = {
  readonly name: string;
  /** Other names, Chinese ones among them; without the slash. */
  readonly aliases: readonly string[];
  /** Its Chinese names are words people also ask with, so that they count only behind a slash. */
  readonly slashOnly?: true;
  readonly summary: Phrase;
  readonly access: 'everyone' | 'administrators';
  run(context: CommandContext): Promise<CommandAnswer>;
};
