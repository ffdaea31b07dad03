import type { FactBlock } from '../contract/reply.ts';
import type { Access, Asker } from '../core/access.ts';
import type { Retry } from '../core/retry.ts';
import type { Turn } from '../core/turn.ts';
import type { Phrase } from '../reply/notices/phrase.ts';
import type { Language, Store } from '../store/store.ts';
import type { StatusReport } from '../diagnosis/status.ts';

/** What a command may use. Small on purpose: a command steers, it does not answer questions. */
export type CommandServices = {
  readonly store: Pick<Store, 'turns' | 'scopes' | 'people'>;
  readonly access: Access;
  readonly now: () => Date;
  /** Stops the running answers of a scope that this person asked for; says how many. */
  readonly stop: (turn: Turn) => number;
  readonly retry: Retry;
  readonly status: () => Promise<StatusReport>;
  /** Names of the models that answer text, as far as they are known; no I/O. */
  readonly models: () => readonly string[];
};

export type CommandContext = {
  readonly turn: Turn;
  readonly asker: Asker;
  /** What stands behind the command's name, trimmed. */
  readonly argument: string;
  readonly language: Language;
  readonly services: CommandServices;
  /** The commands this asker may use. */
  readonly available: readonly Command[];
};

/** What is said in reply, or `elsewhere`: the command has set off a reply of its own under the person's message. */
export type CommandAnswer =
  { readonly markdown: string; readonly facts?: readonly FactBlock[] } | 'elsewhere';

export type Command = {
  readonly name: string;
  /** Other names, Chinese ones among them; without the slash. */
  readonly aliases: readonly string[];
  readonly summary: Phrase;
  readonly access: 'everyone' | 'administrators';
  run(context: CommandContext): Promise<CommandAnswer>;
};
