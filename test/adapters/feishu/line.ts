import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import * as sdk from '@larksuiteoapi/node-sdk';
import { afterEach } from 'vitest';
import { createConnection, type Connection } from '../../../adapters/feishu/connection.ts';
import { runSession, type SessionOptions } from '../../../adapters/feishu/session.ts';
import { createHealth, type Health } from '../../../adapters/shared/health.ts';
import { createHttp } from '../../../adapters/shared/http.ts';
import { createFakeClock, type FakeClock } from '../../fakes/clock.ts';
import { startFeishuSimulator, type FeishuSimulator } from '../../simulators/feishu/simulator.ts';
import type { FeishuSimulatorOptions } from '../../simulators/feishu/options.ts';
import { createRecordedLog, type RecordedLog } from '../shared/recorded-log.ts';
import { until } from '../shared/waiting.ts';

const ending: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end();
});

/** Ends with the test. */
export async function simulator(options: FeishuSimulatorOptions = {}): Promise<FeishuSimulator> {
  const started = await startFeishuSimulator(options);
  ending.push(() => started.stop());
  return started;
}

export type Line = {
  readonly connection: Connection;
  readonly health: Health;
  readonly clock: FakeClock;
  readonly log: RecordedLog;
  readonly received: unknown[];
  /** Whether the platform, too, has noticed that the connection is open. */
  readonly noticed: () => boolean;
};

type LineOptions = {
  readonly url: string;
  readonly appId?: string;
  readonly appSecret?: string;
  readonly receive?: (raw: unknown) => Promise<object>;
  readonly prepare?: () => Promise<void>;
  readonly noticed?: () => boolean;
  readonly proxyFor?: (url: URL) => string | undefined;
};

/** The adapter's line to an address, on a clock that stands still: every wait ends only when the test says so. */
export function line(options: LineOptions): Line {
  const { url, appId = 'cli_a1b2c3d4e5f60718', appSecret = 'the-app-secret' } = options;
  const clock = createFakeClock();
  const log = createRecordedLog();
  const health = createHealth({ clock, log, title: 'feishu connection' });
  const received: unknown[] = [];
  const proxyFor = options.proxyFor ?? (() => undefined);
  const http = createHttp({ clock, proxyFor: () => undefined, timeoutMs: 10_000, maxBytes: 1_000_000 });
  const session: SessionOptions = {
    sdk,
    appId,
    appSecret,
    baseUrl: url,
    proxyFor,
    http,
    clock,
    log,
    receive: async (raw) => {
      received.push(raw);
      return options.receive === undefined ? {} : options.receive(raw);
    },
  };
  const connection = createConnection({
    clock,
    random: () => 0,
    health,
    prepare: options.prepare ?? (async () => undefined),
    serve: (onUp, signal) => runSession(session, onUp, signal),
  });
  ending.push(async () => {
    await connection.stop();
    await http.close();
  });
  return { connection, health, clock, log, received, noticed: options.noticed ?? (() => true) };
}

export function lineTo(feishu: FeishuSimulator, options: Partial<LineOptions> = {}): Line {
  const { url, app } = feishu;
  const noticed = (): boolean => feishu.connections().some((connection) => connection.ready());
  const opened = line({ url, appId: app.appId, appSecret: app.appSecret, noticed, ...options });
  opened.connection.start();
  return opened;
}

export async function up({ health, noticed }: Line): Promise<void> {
  await until(() => health.current().state === 'up' && noticed());
}

export const down = ({ health }: Line): Promise<string> =>
  until(() =>
    health.current().state === 'up' || health.current().state === 'connecting'
      ? undefined
      : health.current().detail,
  );

function groupOf(feishu: FeishuSimulator) {
  const user = feishu.addUser({ name: '李雷' });
  return { user, chat: feishu.addChat({ name: '财务', members: [user] }) };
}

export function ask(feishu: FeishuSimulator, words = '@{bot} 在吗', chunks = 1) {
  const { user, chat } = groupOf(feishu);
  return feishu.say({ chat, from: user, said: { kind: 'text', text: words }, chunks });
}

/** Answers where to connect, and then says nothing to those who connect. */
export async function silentPlatform(): Promise<{ readonly url: string; readonly sockets: Duplex[] }> {
  const sockets: Duplex[] = [];
  const server: Server = createServer((_, response) => {
    const data = {
      URL: `ws://127.0.0.1:${port()}/ws?a=1&device_id=1&service_id=2`,
      ClientConfig: { PingInterval: 120 },
    };
    response.setHeader('connection', 'close').end(JSON.stringify({ code: 0, msg: '', data }));
  });
  const port = (): number => (server.address() as AddressInfo).port;
  server.on('upgrade', (_, socket) => {
    socket.on('error', () => undefined);
    socket.on('end', () => socket.destroy());
    socket.resume();
    sockets.push(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ending.push(async () => {
    for (const socket of sockets) socket.destroy();
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${port()}`, sockets };
}
