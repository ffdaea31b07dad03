import { existsSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { flushCompileCache } from 'node:module';
import { adapterFactories } from '../adapters/index.ts';
import { openAssistants, type AssistantBook } from './assistants/book.ts';
import { assistantFaults, logReload } from './assistants/report.ts';
import { systemClock } from './clock.ts';
import { loadConfig, secrets } from './config.ts';
import { formatFaults, type Fault } from './config/faults.ts';
import { platformNames } from './config/platforms.ts';
import { nodeVersionWarning } from './config/node-version.ts';
import { acquireDataLock, shareData } from './data-lock.ts';
import { createLogger, type ServiceLog } from './log.ts';
import { startService, type ServiceOptions } from './service.ts';
import { NewerSchemaError } from './store/migrations.ts';

/** All local state; deleting it is a fresh start. */
const dataDirectory = './data';
/** `EX_CONFIG` of sysexits.h: something in the configuration must be changed before another start can succeed. */
const configurationExitCode = 78;
const logFlushMs = 500;

function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest
    ? String(manifest.version)
    : '0';
}

function refuseToStart(reason: string): void {
  process.stderr.write(`${reason}\n`);
  process.exitCode = configurationExitCode;
}

function readDotenv(): { readonly text: string | undefined } | { readonly fault: Fault } {
  try {
    return { text: existsSync('.env') ? readFileSync('.env', 'utf8') : undefined };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    const expected = `a file that this process can read (${code}); it holds secrets, so let only its user read it`;
    return { fault: { key: '.env', expected, line: 'chown <user of the service> .env && chmod 600 .env' } };
  }
}

/** The composition root: environment, store, adapters, server, signals. The only reader of `process.env`. */
export async function main(argv: readonly string[]): Promise<void> {
  const dotenv = readDotenv();
  if ('fault' in dotenv) return refuseToStart(formatFaults([dotenv.fault]));
  const loaded = loadConfig({
    env: process.env,
    dotenv: dotenv.text,
    readFile: (path) => readFileSync(path, 'utf8'),
    factories: adapterFactories,
  });
  const { book: assistants, faults } = await openAssistants({
    file: loaded.assistantsFile,
    readFile: (path) => readFile(path, 'utf8'),
    platforms: platformNames(adapterFactories),
  });
  if (!loaded.ok || faults.length > 0)
    return refuseToStart(formatFaults([...(loaded.ok ? [] : loaded.faults), ...assistantFaults(faults)]));
  const { config, plans } = loaded;
  const doctor = argv[0] === 'doctor';
  const log = createLogger({
    // The doctor says itself what goes wrong.
    level: doctor && config.logLevel === 'info' ? 'error' : config.logLevel,
    secrets: secrets(config, plans),
    destination: doctor ? process.stderr : process.stdout,
    clock: systemClock,
  });
  if (loaded.assistantsFile !== undefined && !doctor) reloadOnSignal(assistants, log);
  const options: ServiceOptions = {
    config,
    plans,
    assistants,
    dataDirectory,
    clock: systemClock,
    log,
    version: version(),
  };
  if (doctor) {
    const { runDoctor } = await import('./diagnosis/doctor.ts');
    const print = (line: string): void => void process.stdout.write(`${line}\n`);
    process.exitCode = (await runDoctor({ ...options, flags: argv.slice(1), print })) ? 0 : 1;
    return;
  }
  await serve(options, log);
}

async function serve(options: ServiceOptions, log: ServiceLog): Promise<void> {
  const lock =
    options.config.database === undefined
      ? acquireDataLock(dataDirectory, systemClock.now())
      : shareData(dataDirectory);
  if (!lock.held) return refuseToStart(lock.reason);
  // Before anything is started: a container's first process is told to stop in vain while nobody listens.
  const asked = nextSignal(log);
  const warning = nodeVersionWarning(process.versions.node);
  if (warning !== undefined) log.warn({}, warning);
  try {
    const service = await Promise.race([startService(options), asked]);
    if (typeof service === 'string')
      return log.info({ signal: service }, 'asked to stop before it had started');
    // Written now rather than at an orderly end, so that the start after a crash is a fast one too.
    flushCompileCache();
    log.info({ signal: await asked }, 'asked to stop');
    await service.stop();
  } catch (error) {
    log.error({ error }, 'cannot go on');
    process.stderr.write(`${error instanceof Error ? error.message : 'unknown error'}\n`);
    process.exitCode = error instanceof NewerSchemaError ? configurationExitCode : 1;
  } finally {
    lock.release();
    await log.flush(logFlushMs);
    // Whatever a library may still hold open must not keep a stopped service alive.
    process.exit();
  }
}

/** Without a file to read again, the signal ends the process as it always does. */
function reloadOnSignal(assistants: AssistantBook, log: ServiceLog): void {
  process.on('SIGHUP', () => void assistants.reload().then((read) => logReload(log, read)));
}

/** Resolves with the signal that asks the process to stop; a second one of them ends it at once. */
function nextSignal(log: ServiceLog): Promise<NodeJS.Signals> {
  process.on('uncaughtException', (error) => {
    // One broken event must not take three hundred people's answers with it; the turn's own end is recovered.
    log.error({ error }, 'an error nobody caught');
  });
  process.on('unhandledRejection', (error) => log.error({ error }, 'a rejection nobody caught'));
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.once(signal, () => {
        process.once(signal, () => process.exit(130));
        resolve(signal);
      });
    }
  });
}
