import { rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startPostgresServer } from './postgres-server.ts';

// Keeps one server for a whole test run, and outlives each of its processes: it ends when the run itself has ended.

const lookIntervalMs = 250;

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function tell(file: string, text: string): Promise<void> {
  await writeFile(`${file}.new`, text);
  await rename(`${file}.new`, file);
}

async function keep(owner: number, file: string): Promise<void> {
  try {
    const server = await startPostgresServer();
    await tell(file, JSON.stringify({ url: server?.url }));
    while (lives(owner)) await sleep(lookIntervalMs);
    await server?.remove();
  } catch (error) {
    await tell(file, JSON.stringify({ failure: String(error) }));
    while (lives(owner)) await sleep(lookIntervalMs);
  }
  await rm(dirname(file), { recursive: true, force: true });
}

await keep(Number(process.argv[2]), String(process.argv[3]));
