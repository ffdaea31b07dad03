import type { PlatformId } from '../contract/ids.ts';
import type { Sampling } from '../model/types.ts';
import type { Phrase } from '../reply/notices/phrase.ts';

/** A chat as `ALLOW` names it: `platform:chat:chatId`. */
export type BoundChat = { readonly platform: PlatformId; readonly id: string };

/** One profile of the assistants file. What is undefined is as it would be without the profile. */
export type Assistant = {
  /** What people type behind `/assistant`; unique without regard to case. */
  readonly name: string;
  readonly title: Phrase;
  readonly prompt: Phrase | undefined;
  /** A model's id; the usual one stands in while no server lists it. */
  readonly model: string | undefined;
  readonly sampling: Sampling;
  readonly thinking: boolean | undefined;
  /** Longest answer in characters (code points), the closing sentence not counted. */
  readonly maxCharacters: number | undefined;
  /** Longest answer in tokens, thinking included. */
  readonly maxTokens: number | undefined;
  /** Stands at the end of every whole answer, once. */
  readonly closing: Phrase | undefined;
  /** Chats in which it answers without being chosen. */
  readonly chats: readonly BoundChat[];
  /** Who may choose or bind it. */
  readonly access: 'all' | 'administrators';
};

/** Everything the assistants file says. */
export type Assistants = {
  readonly all: readonly Assistant[];
  /** Answers where nothing else was chosen or bound. */
  readonly usual: Assistant | undefined;
  /** Says in the grey line under an answer that a machine made it. */
  readonly answerLabel: Phrase | undefined;
};

export const noAssistants: Assistants = { all: [], usual: undefined, answerLabel: undefined };

/** Something wrong in the assistants file. Quotes keys, never values. */
export type AssistantFault = {
  /** Undefined: about the file as a whole. */
  readonly line: number | undefined;
  /** Where it stands, such as `assistants[1].sampling.top_p`; empty for the file as a whole. */
  readonly where: string;
  readonly expected: string;
};

/** As people compare names: width and capitals do not count. */
export function plainName(name: string): string {
  return name.normalize('NFKC').trim().toLowerCase();
}
