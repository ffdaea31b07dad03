/** The connection to the database broke or could not be made; what was under way has not been answered. */
export class ConnectionLostError extends Error {
  override readonly name = 'ConnectionLostError';
}

/** The connection broke while a transaction was being committed: it may have become durable or not. */
export class UnknownCommitError extends Error {
  override readonly name = 'UnknownCommitError';
  /** Asks the database; rejects while it cannot be asked. True: everything of that transaction is stored. */
  readonly becameDurable: () => Promise<boolean>;

  constructor(becameDurable: () => Promise<boolean>, cause: unknown) {
    super('the connection broke during a commit', { cause });
    this.becameDurable = becameDurable;
  }
}

/** So much waits to be written that more would only wait in vain. */
export class StoreOverloadedError extends Error {
  override readonly name = 'StoreOverloadedError';
}

/** SQLite's primary result codes for "somebody else holds the lock" (sqlite.org/rescode.html: 5 BUSY, 6 LOCKED). */
const busyCodes = new Set([5, 6]);

/**
 * What of PostgreSQL's answers passes by itself (postgresql.org/docs/current/errcodes-appendix.html): serialization
 * failure, deadlock, lock not available, a server that stops, starts or is full, a transaction it ended because we
 * stood still, a statement it ended because it took too long, a standby about to become the primary, and, in connections
 * that were kept by somebody in between, the whole class 08.
 */
const passingStates = new Set([
  '40001',
  '40P01',
  '55P03',
  '57P01',
  '57P02',
  '57P03',
  '57014',
  '53300',
  '25P03',
  '25006',
]);

/** True for troubles that pass by themselves, so that the same work may succeed in a moment. */
export function isPassing(error: unknown): boolean {
  if (error instanceof ConnectionLostError) return true;
  if (typeof error !== 'object' || error === null) return false;
  if ('errcode' in error) return typeof error.errcode === 'number' && busyCodes.has(error.errcode & 0xff);
  if (!('code' in error) || typeof error.code !== 'string') return false;
  return passingStates.has(error.code) || /^08...$/.test(error.code);
}
