import { existsSync } from 'node:fs';
import { unescape } from 'node:querystring';
import type { Reader } from './reader.ts';

/** A PostgreSQL; its URL holds the password. */
export type DatabaseConfig = { readonly url: string };

const sslModes: readonly string[] = ['disable', 'prefer', 'require', 'verify-ca', 'verify-full', 'no-verify'];

/** Undefined: the embedded database. */
export function readDatabase(reader: Reader): DatabaseConfig | undefined {
  const value = reader.text('DATABASE_URL');
  if (value === undefined) return undefined;
  const expected = whatIsWrong(value);
  if (expected === undefined) return { url: value };
  reader.fault('DATABASE_URL', expected);
  return undefined;
}

const encoded = 'a URL: in user and password, characters such as @ / # % must be percent-encoded (@ is %40)';

/** What was expected instead; quotes nothing of the value. */
function whatIsWrong(value: string): string | undefined {
  if (!/^postgres(?:ql)?:\/\//i.test(value))
    return 'postgres://user:password@host:5432/database, or unset for the embedded database in ./data';
  if (!URL.canParse(value)) return encoded;
  const { host, pathname, searchParams, hash } = new URL(value);
  // What a password with such a character falls apart into.
  if (hash !== '' || /[/@]/.test(pathname.slice(1))) return encoded;
  if (host === '' && !searchParams.has('host'))
    return 'with a host: postgres://user:password@host:5432/database';
  if (pathname.length < 2) return 'with the name of a database: postgres://user:password@host:5432/database';
  const sslMode = searchParams.get('sslmode');
  if (sslMode !== null && !sslModes.includes(sslMode)) return `sslmode to be one of: ${sslModes.join(', ')}`;
  for (const name of ['sslrootcert', 'sslcert', 'sslkey']) {
    const file = searchParams.get(name);
    if (file !== null && file !== 'system' && !existsSync(file))
      return `${name} to be a file that can be read`;
  }
  return undefined;
}

/** Every form in which the password could be written somewhere. */
export function databaseSecrets({ url }: DatabaseConfig): readonly string[] {
  const { password, searchParams } = new URL(url);
  const given = searchParams.get('password') ?? '';
  return [password, unescape(password), given].filter((secret) => secret !== '');
}
