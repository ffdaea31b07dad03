import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { Failpoint, Moment, Step } from './points.ts';

/** What is wrong with the disk under the embedded database: `full` and `read-only` as SQLite itself reports them. */
export type DiskState = 'fine' | 'full' | 'read-only';

/** What a service process is to suffer. Kept in a file, so that it can change while the process runs. */
export type Orders = { readonly kill?: Failpoint; readonly disk?: DiskState };

/** The name of the environment variable with the file's path. */
export const controlVariable = 'FAULT_CONTROL';

export function readOrders(file: string): Orders {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Orders;
  } catch {
    // No file yet: nothing is ordered.
    return {};
  }
}

/** At one moment as a whole, for another process reads it at any. */
export function writeOrders(file: string, orders: Orders): void {
  writeFileSync(`${file}.new`, JSON.stringify(orders));
  renameSync(`${file}.new`, file);
}

/** Tells of each moment of each step; where one is ordered to be the last, it does not return. */
export function createReporter(file: string): (step: Step, moment: Moment) => void {
  const reached = new Map<string, number>();
  return (step, moment) => {
    const { kill, ...rest } = readOrders(file);
    if (kill === undefined) return reached.clear();
    if (kill.step !== step || kill.moment !== moment) return;
    const times = (reached.get(`${step} ${moment}`) ?? 0) + 1;
    reached.set(`${step} ${moment}`, times);
    if (times < kill.nth) return;
    // The next process is not to die of the same order.
    writeOrders(file, rest);
    process.kill(process.pid, 'SIGKILL');
    // Nothing more is done, should the signal take a moment.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  };
}
