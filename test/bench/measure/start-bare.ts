import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** The bare process of `start-floor.ts`; what it needs from the machine is what any service needs. */
export type BareProcess = { readonly pid: number; end(): Promise<void> };

export function startBareProcess(port: number): BareProcess {
  const script = fileURLToPath(new URL('./start-floor.ts', import.meta.url));
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script], {
    env: { PORT: String(port) },
    stdio: 'ignore',
  });
  const ended = once(child, 'exit');
  return {
    pid: child.pid ?? 0,
    async end() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** Resolves as soon as this port answers with 200; asks every five milliseconds. */
export async function untilReady(port: number): Promise<void> {
  const giveUpAt = Date.now() + 30_000;
  for (;;) {
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined);
    await answer?.arrayBuffer();
    if (answer?.status === 200) return;
    if (Date.now() > giveUpAt) throw new Error('the process under test does not get ready');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
