import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Observed } from '../load.ts';

/** The environment variable with the path of the file of notes. */
export const notesVariable = 'BENCH_SNAPSHOT_NOTES';

/** What makes a service note its snapshots in `file`. */
export function notingEnvironment(file: string): Readonly<Record<string, string>> {
  return {
    NODE_OPTIONS: `--import=${fileURLToPath(new URL('preload.ts', import.meta.url))}`,
    [notesVariable]: file,
  };
}

/**
 * How far behind each snapshot was, in milliseconds. At the moment a snapshot is ready, the oldest token that it lacks has
 * been under way since the model's socket took it; if none was sent that it lacks, the snapshot was 0 behind. So this
 * holds the kernel's and the loopback's time, the wait for our event loop, decoding, and making the snapshot; but not the
 * platform's permission to send it, for which the snapshot is not made before. Nothing is subtracted: what of it a bare
 * reader has too is shown beside it.
 */
export function snapshotsBehindMs(file: string, replies: readonly Observed[]): number[] {
  const sentTo = new Map(replies.map(({ seen, sent }) => [seen.messageId, sent.sentAt]));
  return readNotes(file).flatMap(({ question, readyAt, tokens }) => {
    const sentAt = sentTo.get(question);
    return sentAt === undefined ? [] : [Math.max(0, readyAt - (sentAt[tokens] ?? Infinity))];
  });
}

type Note = { readonly question: string; readonly readyAt: number; readonly tokens: number };

function readNotes(file: string): Note[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [question = '', readyAt, tokens] = line.split(' ');
      return { question, readyAt: Number(readyAt), tokens: Number(tokens) };
    });
}
