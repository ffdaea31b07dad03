import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { closeIdleSockets } from './idle-sockets.ts';
import { standInAnswer } from './answer.ts';
import { handleRequest } from './routes.ts';
import { createState, type SimulatorState } from './state.ts';
import type { QwenSimulator, QwenSimulatorOptions } from './types.ts';

/**
 * A Qwen server on 127.0.0.1 that speaks an engine's wire shapes and can be told to fail in every way seen in the
 * field. Its "model" says that it is a stand-in.
 */
export async function startQwenSimulator(options: QwenSimulatorOptions = {}): Promise<QwenSimulator> {
  const state = createState(options);
  const sockets = new Set<Socket>();
  const keepAliveMs = options.keepAliveMs ?? 5_000;
  let server: Server | undefined = await listen(state, sockets, keepAliveMs, options.port ?? 0);
  const { port } = server.address() as AddressInfo;

  async function close(): Promise<void> {
    const closing = server;
    server = undefined;
    if (closing === undefined) return;
    state.closing = true;
    const closed = new Promise((resolve) => closing.close(resolve));
    for (const socket of sockets) socket.destroy();
    await closed;
    state.closing = false;
  }
  // The last words still leave before the process is gone.
  state.onEngineDeath = () => setTimeout(() => void close(), 20);

  return {
    ...controls(state),
    origin: `http://127.0.0.1:${port}`,
    baseUrl: `http://127.0.0.1:${port}/v1`,
    port,
    requests: state.requests,
    get chats() {
      return state.requests.filter(({ path }) => path === '/v1/chat/completions');
    },
    get aborts() {
      return state.aborts;
    },
    get openStreams() {
      return state.streams.size;
    },
    get connections() {
      return sockets.size;
    },
    async goDown(how = 'refuse') {
      if (how === 'loading') state.loading = true;
      else await close();
    },
    async comeBack() {
      state.loading = false;
      server ??= await listen(state, sockets, keepAliveMs, port);
    },
    async stop() {
      state.ticker.stop();
      await close();
    },
  };
}

type Controls = Pick<
  QwenSimulator,
  'setFault' | 'failNext' | 'setAnswer' | 'setModels' | 'setOthers' | 'setCapacity' | 'setSpeed' | 'setWire'
>;

function controls(state: SimulatorState): Controls {
  return {
    setFault: (fault) => void (state.fault = fault),
    failNext: (...faults) => void state.nextFaults.push(...faults),
    setAnswer: (answer) => void (state.answer = answer ?? standInAnswer),
    setModels: (models) => void (state.rules = { ...state.rules, models }),
    setOthers: (load) => void Object.assign(state.others, load),
    setCapacity: (capacity) => state.places.setCapacity(capacity),
    setSpeed: (speed) => void (state.speed = { ...state.speed, ...speed }),
    setWire: (wire) => void (state.wire = { ...state.wire, ...wire }),
  };
}

async function listen(
  state: SimulatorState,
  sockets: Set<Socket>,
  keepAliveMs: number,
  port: number,
): Promise<Server> {
  const server = createServer({ keepAliveTimeout: 0 }, (request, response) => {
    handleRequest(state, request, response).catch(() => response.destroy());
  });
  closeIdleSockets(server, keepAliveMs);
  server.on('connection', (socket) => {
    socket.setNoDelay(true);
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host: '127.0.0.1', backlog: 2048 }, resolve);
  });
  return server;
}
