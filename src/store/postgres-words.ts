import { NewerSchemaError } from './migrations.ts';
import { ConnectionLostError } from './store-errors.ts';

/** What a server answers to a connection it does not want: postgresql.org/docs/current/errcodes-appendix.html */
const refusals: ReadonlyMap<string, string> = new Map([
  ['28P01', 'refuses the user or the password'],
  ['28000', 'refuses this user from here (pg_hba.conf, or a connection without TLS)'],
  ['3D000', 'has no database of that name'],
  ['3F000', 'has no schema of that name: create it, or correct search_path in the URL'],
  ['42501', 'does not let this user create tables in its schema'],
  ['53300', 'has no connection to spare'],
]);

/** Where it is, without user and password. */
function placeOf(url: string): string {
  const { host, pathname, searchParams } = new URL(url);
  return `${host === '' ? (searchParams.get('host') ?? 'localhost') : host}${pathname}`;
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}

/** A sentence for whoever starts the service; never the URL itself, for it holds the password. */
export function explainPostgres(url: string, error: unknown): unknown {
  if (error instanceof NewerSchemaError) return error;
  const refusal = refusals.get(codeOf(error));
  if (refusal !== undefined)
    return new Error(`The database server ${placeOf(url)} ${refusal}. Check DATABASE_URL.`, { cause: error });
  if (!(error instanceof ConnectionLostError)) return error;
  const code = codeOf(error.cause);
  const how = code === '' ? '' : ` (${code})`;
  return new Error(
    `The database ${placeOf(url)} cannot be reached${how}. Check DATABASE_URL, and whether the server runs.`,
    { cause: error },
  );
}
