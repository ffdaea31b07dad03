import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const repository = join(import.meta.dirname, '../..');

export type Instruction = { readonly name: string; readonly value: string };

/** The instructions of the Dockerfile, one list for each stage, arguments filled in with their defaults. */
export function readStages(): readonly (readonly Instruction[])[] {
  const lines = readFileSync(join(repository, 'Dockerfile'), 'utf8')
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n')
    .replace(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line.trim() !== '');
  const stages: Instruction[][] = [[]];
  for (const line of lines) {
    const [, name = '', value = ''] = /^([A-Z]+)\s+(.*)$/.exec(line) ?? [];
    if (name === '') throw new Error(`no instruction: ${line}`);
    if (name === 'FROM') stages.push([]);
    stages.at(-1)?.push({ name, value });
  }
  return stages;
}

/** What a container gets, from the last stage. */
export function readImageSettings() {
  const last = readStages().at(-1) ?? [];
  const valueOf = (name: string): string =>
    last.findLast((instruction) => instruction.name === name)?.value ?? '';
  const variables = last.flatMap(({ name, value }) => (name === 'ENV' ? value.split(/\s+/) : []));
  return {
    command: JSON.parse(valueOf('CMD')) as string[],
    healthCheck: JSON.parse(valueOf('HEALTHCHECK').replace(/^.*?CMD\s+/, '')) as string[],
    environment: Object.fromEntries(variables.map((text) => text.split('=') as [string, string])),
    user: valueOf('USER').split(':').map(Number) as [number, number],
    stopSignal: valueOf('STOPSIGNAL') as NodeJS.Signals,
    volume: valueOf('VOLUME'),
    port: valueOf('EXPOSE'),
  };
}

/** Whether a file of the repository reaches the build; of `.dockerignore` as it is used here: all but what `!` names. */
export function reachesBuild(path: string): boolean {
  const allowed = readFileSync(join(repository, '.dockerignore'), 'utf8')
    .split('\n')
    .flatMap((line) => (line.startsWith('!') ? [line.slice(1)] : []));
  return allowed.some((entry) => path === entry || path.startsWith(`${entry}/`));
}
