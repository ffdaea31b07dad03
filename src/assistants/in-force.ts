import type { Place } from '../contract/inbound.ts';
import { plainName, type Assistant, type Assistants } from './types.ts';

/** Why this assistant answers: chosen in the conversation, bound at run time, bound in the file, or the usual one. */
export type InForceBy = 'choice' | 'binding' | 'file' | 'default';

export type InForce = {
  /** Undefined: no profile, the service as it is. */
  readonly assistant: Assistant | undefined;
  readonly by: InForceBy;
  /** Names that were chosen or bound and are no longer in the file. */
  readonly withdrawn: readonly string[];
};

export type InForceOptions = {
  /** What the conversation chose. */
  readonly chosen: string | undefined;
  /** What the chat was bound to at run time. */
  readonly bound: string | undefined;
  readonly place: Pick<Place, 'platform' | 'chat'>;
};

export function assistantNamed({ all }: Assistants, name: string): Assistant | undefined {
  return all.find((assistant) => plainName(assistant.name) === plainName(name));
}

/** Conversation before chat, run time before file, the file's default last. A withdrawn name is passed over. */
export function assistantInForce(assistants: Assistants, options: InForceOptions): InForce {
  const { chosen, bound, place } = options;
  const named = [
    { name: chosen, by: 'choice' },
    { name: bound, by: 'binding' },
  ] as const;
  const withdrawn: string[] = [];
  for (const { name, by } of named) {
    if (name === undefined) continue;
    const assistant = assistantNamed(assistants, name);
    if (assistant !== undefined) return { assistant, by, withdrawn };
    withdrawn.push(name);
  }
  const inFile = assistants.all.find(({ chats }) =>
    chats.some(({ platform, id }) => id !== '' && platform === place.platform && id === place.chat),
  );
  if (inFile !== undefined) return { assistant: inFile, by: 'file', withdrawn };
  return { assistant: assistants.usual, by: 'default', withdrawn };
}
