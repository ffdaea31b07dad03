import { readdirSync, readlinkSync } from 'node:fs';
import {
  freePort,
  startServiceProcess,
  stateFolder,
  type ServiceEnvironment,
  type ServiceProcess,
} from '../support/service-process.ts';
import { connectInspector, type Inspector } from './soak-inspector.ts';
import { residentMebibytes } from './stand/process-figures.ts';
import { kindsOf } from './soak-snapshot.ts';
import type { Sample } from './soak-verdict.ts';

/** The service as `npm start` starts it, with the inspector open on the loopback address. */
export type SoakService = {
  readonly process: ServiceProcess;
  readonly inspector: Inspector;
  /** `closely`: with a heap snapshot, which leaves something of its own on the heap. */
  look(messages: number, closely: boolean): Promise<Sample>;
  stop(): Promise<void>;
};

export async function startSoakService(environment: ServiceEnvironment): Promise<SoakService> {
  const folder = stateFolder();
  const service = await startServiceProcess(folder.path, {
    ...environment,
    NODE_OPTIONS: '--inspect=127.0.0.1:0',
    PORT: String(await freePort()),
  });
  await service.ready();
  const [url] = /ws:\/\/\S+/.exec(service.errors()) ?? [];
  if (url === undefined) throw new Error(`no inspector: ${service.errors()}`);
  const inspector = await connectInspector(url);
  const startedAt = performance.now();
  return {
    process: service,
    inspector,
    async look(messages, closely) {
      await inspector.collectGarbage();
      const heapUse = await inspector.heapUse();
      const files = openFiles(service.pid);
      return {
        atSeconds: Math.round((performance.now() - startedAt) / 1000),
        messages,
        ...heapUse,
        ...(closely ? { held: kindsOf(await inspector.snapshot()) } : {}),
        residentMebibytes: residentMebibytes(service.pid),
        descriptors: files.length,
        sockets: files.filter((file) => file.startsWith('socket:')).length,
        handles: await inspector.activeHandles(),
      };
    },
    async stop() {
      inspector.close();
      await service.end('SIGTERM');
      folder.remove();
    },
  };
}

/** What each open descriptor leads to. One that closes meanwhile is not counted. */
function openFiles(pid: number): readonly string[] {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).flatMap((descriptor) => {
    try {
      return [readlinkSync(`${folder}/${descriptor}`)];
    } catch {
      return [];
    }
  });
}
