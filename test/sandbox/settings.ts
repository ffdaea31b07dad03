import { resolve } from 'node:path';
import { parseDotenv } from '../../src/config/dotenv.ts';

type Env = Readonly<Record<string, string | undefined>>;

export type Settings = {
  /** Where the page is served; undefined: 8080, or the next free port. 0: any free port. */
  readonly port: number | undefined;
  /** What the service is told about a real model server; undefined: the stand-in answers. */
  readonly realModel: Readonly<Record<string, string>> | undefined;
  /** Further keys of the service that make sense in the demo. */
  readonly extra: Readonly<Record<string, string>>;
};

type Read = { readonly ok: true; readonly value: Settings } | { readonly ok: false; readonly reason: string };

/** Keys that change how the service behaves without leading anywhere outside the demo. */
const passedOn = ['SYSTEM_PROMPT', 'LOCALE', 'TIME_ZONE', 'GROUP_CONTEXT', 'LOG_LEVEL'];

/** Reads the environment and the text of `.env`; the environment wins, and blank counts as missing. */
export function readSettings(environment: Env, dotenv: string | undefined): Read {
  const parsed = parseDotenv(dotenv ?? '');
  if (parsed.faults[0] !== undefined)
    return { ok: false, reason: `${parsed.faults[0].key}: expected ${parsed.faults[0].expected}` };
  const given = new Map(
    [...Object.entries(parsed.values), ...Object.entries(environment)].flatMap(([key, value]) =>
      value === undefined || value.trim() === '' ? [] : [[key, value] as const],
    ),
  );
  const port = given.get('DEMO_PORT');
  if (port !== undefined && !(/^\d{1,5}$/.test(port) && Number(port) <= 65_535))
    return { ok: false, reason: 'DEMO_PORT: expected a port number from 0 to 65535' };
  const real = given.has('QWEN_BASE_URL') || given.has('QWEN_BASE_URL_FILE');
  return {
    ok: true,
    value: {
      port: port === undefined ? undefined : Number(port),
      realModel: real ? chosen(given, (key) => key.startsWith('QWEN_')) : undefined,
      extra: chosen(given, (key) => passedOn.includes(key.replace(/_FILE$/, ''))),
    },
  };
}

/** Files are named from here, but the service runs in a folder of its own. */
function chosen(
  given: ReadonlyMap<string, string>,
  wanted: (key: string) => boolean,
): Record<string, string> {
  return Object.fromEntries(
    [...given]
      .filter(([key]) => wanted(key))
      .map(([key, value]) => [key, key.endsWith('_FILE') ? resolve(value.trim()) : value]),
  );
}
