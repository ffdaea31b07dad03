import { randomBytes } from 'node:crypto';
import { noAssistants } from '../../src/assistants/types.ts';
import type { AssistantBook } from '../../src/assistants/book.ts';
import { fakePreparer } from './preparer.ts';

/** A book without a file. */
export const emptyBook: AssistantBook = {
  current: () => noAssistants,
  reload: async () => ({ state: 'no-file' }),
};

async function* nothingToDiagnose(): AsyncGenerator<never, void> {}

/** What a core needs beside store, platform, model and time: the usual settings, and nobody who listens. */
export const quietServices = {
  config: {
    conversation: {
      systemPrompt: undefined,
      groupContext: 'user',
      maxMessageAgeMs: 8 * 60 * 60_000,
      assistantsFile: undefined,
    },
    locale: 'zh',
    timeZone: 'Asia/Shanghai',
    retention: { days: 30, mediaHours: 24 },
  },
  assistants: emptyBook,
  preparer: fakePreparer,
  randomByte: (): number => randomBytes(1)[0] ?? 0,
  version: 'test',
  ended: () => undefined,
  answered: () => undefined,
  judged: () => undefined,
  counted: () => undefined,
  onNotice: () => undefined,
  onPace: () => undefined,
  ledger: { use: () => ({ today: 0, month: 0, forecast: 0 }) },
  diagnose: nothingToDiagnose,
} as const;
