import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { CreateStage } from '../../e2e/stage.ts';
import {
  startServiceProcess,
  stateFolder,
  type LogLine,
  type ServiceEnvironment,
} from '../../support/service-process.ts';

const entry = fileURLToPath(new URL('../../../src/start.js', import.meta.url));

/** A platform, and a service that may not reach it. */
export type LoneService = {
  /** The first line of the service's log that is like this. */
  logged(like: (line: LogLine) => boolean): Promise<LogLine>;
  /** What `npm run doctor` prints in the same environment, and how it ends. */
  doctor(): Promise<{ readonly output: string; readonly code: unknown }>;
  /** Everything the service wrote so far. */
  said(): string;
  stop(): Promise<void>;
};

export async function startLoneService(
  createStage: CreateStage,
  environment: ServiceEnvironment,
): Promise<LoneService> {
  const stage = await createStage();
  const folder = stateFolder();
  const all = { LOCALE: 'en', ...stage.environment, ...environment };
  const service = await startServiceProcess(folder.path, all);
  return {
    async logged(like) {
      const giveUpAt = Date.now() + 20_000;
      for (;;) {
        const line = service.log.find(like);
        if (line !== undefined) return line;
        if (Date.now() > giveUpAt)
          throw new Error(`never logged: ${JSON.stringify(service.log.slice(-25))}\n${service.errors()}`);
        await new Promise((resolve) => setTimeout(resolve, 15));
      }
    },
    async doctor() {
      const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', entry, 'doctor'], {
        cwd: folder.path,
        env: { PATH: process.env['PATH'], HOME: folder.path, ...all },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const [output, errors, [code]] = await Promise.all([
        text(child.stdout),
        text(child.stderr),
        once(child, 'exit'),
      ]);
      return { output: output + errors, code: code as unknown };
    },
    said: () => JSON.stringify(service.log) + service.errors(),
    async stop() {
      await service.end('SIGKILL');
      await stage.stop();
      folder.remove();
    },
  };
}
