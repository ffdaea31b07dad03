import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LogFields, Logger } from '../../../../src/contract/runtime.ts';
import type { StorePlace } from '../../../../src/store/store.ts';
import { createSchema } from '../../../fakes/postgres.ts';

/** An empty place for a store, and how to get rid of it. */
export type TestPlace = { readonly place: StorePlace; remove(): Promise<void> };

export async function sqlitePlace(): Promise<TestPlace> {
  const folder = mkdtempSync(join(tmpdir(), 'bridge-store-'));
  return {
    place: { file: join(folder, 'bridge.db') },
    remove: async () => rmSync(folder, { recursive: true, force: true }),
  };
}

export type LogLine = { readonly fields: LogFields; readonly message: string };

/** Keeps what was logged, from `info` on. */
export function createTestLog(): Logger & { readonly lines: LogLine[] } {
  const lines: LogLine[] = [];
  const add = (fields: LogFields, message: string): void => void lines.push({ fields, message });
  const nothing = (): void => undefined;
  return { lines, trace: nothing, debug: nothing, info: add, warn: add, error: add, addSecret: nothing };
}

export async function postgresPlace(server: string): Promise<TestPlace> {
  const { url, drop } = await createSchema(server);
  return { place: { url, log: createTestLog(), uuid: randomUUID }, remove: drop };
}
