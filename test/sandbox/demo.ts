import { existsSync, readFileSync } from 'node:fs';
import { startSandbox } from './sandbox.ts';
import { readSettings } from './settings.ts';

/** `EX_CONFIG` of sysexits.h: something must be changed before another start can succeed. */
const configurationFault = 78;

/** `npm run demo`: everything on this machine, until Ctrl-C. Ends with 0 when asked to stop, 78 when it could not start. */
export async function runDemo(): Promise<void> {
  const settings = readSettings(process.env, existsSync('.env') ? readFileSync('.env', 'utf8') : undefined);
  if (!settings.ok) return refuse(settings.reason);
  const asked = signalToStop();
  const print = (line: string): void => void process.stdout.write(`${line}\n`);
  print('正在启动演示… Starting the demo…');
  try {
    const sandbox = await startSandbox({ ...settings.value, signal: asked.signal });
    print(`\n  演示页面  Demo page   ${sandbox.url}`);
    print(`  模型      Model       ${sandbox.modelWords}`);
    print('  结束      End         Ctrl-C\n');
    await asked.stopped;
    print('正在结束… Ending…');
    await sandbox.stop();
  } catch (error) {
    if (!asked.signal.aborted)
      return refuse(error instanceof Error ? error.message : 'the demo could not start');
  }
  process.exit(asked.failed() ? 1 : 0);
}

function refuse(reason: string): void {
  process.stderr.write(`${reason}\n`);
  process.exit(configurationFault);
}

/** Aborted by the first signal that asks the process to stop; a second one ends it at once. */
function signalToStop(): {
  readonly signal: AbortSignal;
  readonly stopped: Promise<unknown>;
  readonly failed: () => boolean;
} {
  let failed = false;
  const stopping = new AbortController();
  const { promise, resolve } = Promise.withResolvers<undefined>();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      if (stopping.signal.aborted) process.exit(130);
      stopping.abort();
      resolve(undefined);
    });
  }
  // A defect of the demo must not leave the service behind without it.
  process.on('uncaughtException', (error) => {
    failed = true;
    process.stderr.write(`${error.stack ?? error.message}\n`);
    stopping.abort();
    resolve(undefined);
  });
  return { signal: stopping.signal, stopped: promise, failed: () => failed };
}
