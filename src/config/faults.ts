import type { ConfigFault } from '../contract/adapter.ts';
import { examples } from './keys.ts';

/** A `ConfigFault` whose line for `.env` may differ from the usual `KEY=…`. Holds no value an operator wrote. */
export type Fault = ConfigFault & {
  readonly line?: string;
  /** What is wrong stands in the file that the key names; there, on this line. */
  readonly inFile?: { readonly line: number };
};

/** All faults at once, one block for each: what was expected, where it is found, the line for `.env`. */
export function formatFaults(faults: readonly Fault[]): string {
  const heading =
    faults.length === 1
      ? 'Cannot start: one setting needs attention.'
      : `Cannot start: ${faults.length} settings need attention.`;
  return [heading, ...faults.map(block)].join('\n\n') + '\n';
}

function block({ key, expected, where, line, inFile }: Fault): string {
  const rows: [string, string | undefined][] = [
    ['expected', expected],
    ['find it', where],
    inFile === undefined ? ['in .env', line ?? exampleLine(key)] : ['in file', `line ${inFile.line}`],
  ];
  const shown = rows.flatMap(([name, value]) =>
    value === undefined ? [] : [`  ${name.padEnd(9)} ${value}`],
  );
  return [key, ...shown].join('\n');
}

/** A line for `.env` with an example value, or dots where every operator has their own. */
export function exampleLine(key: string): string {
  return `${key}=${examples[key] ?? '…'}`;
}
