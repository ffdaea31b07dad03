import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createBoundedList, type BoundedList } from '../simulators/feishu/bounded-list.ts';
import { createChangeStream, type ChangeStream } from './change-stream.ts';
import { createMeasures, type Measures } from './measures.ts';
import { startPageServer } from './page-server.ts';
import { Refusal, type Pane, type Picture, type View } from './pane.ts';
import { startDingTalkPane, type DingTalkPane } from './panes/dingtalk.ts';
import { startFeishuPane, type FeishuPane } from './panes/feishu.ts';
import { colleagues, type DemoPerson } from './panes/shared/people.ts';
import { startWeComPane, type WeComPane } from './panes/wecom.ts';
import { createServiceProcess, type ServiceProcess } from './service-process.ts';
import type { Settings } from './settings.ts';
import { modelModes, startStandInModel, type StandInModel } from './stand-in-model.ts';

export type SandboxOptions = Settings & {
  /** Ends a start that is under way. */
  readonly signal: AbortSignal;
  readonly people?: readonly DemoPerson[];
};

/** The running demo: simulated platforms, a model, the real service between them, and the page. */
export type Sandbox = {
  readonly url: string;
  readonly modelWords: string;
  readonly feishu: FeishuPane;
  readonly dingtalk: DingTalkPane;
  readonly wecom: WeComPane;
  /** Unset when a real server is asked. */
  readonly model: StandInModel | undefined;
  readonly service: ServiceProcess;
  /** Ends everything and removes the service's data. */
  stop(): Promise<void>;
};

const readyWithinMs = 30_000;
/** Long enough to see that it is gone. */
const restartAfterMs = 1200;
const rememberedCalls = 300;

export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const closing: (() => unknown)[] = [];
  const stop = async (): Promise<void> => {
    // What was started last ends first: the service says goodbye to platforms that still answer.
    for (const close of closing.splice(0).reverse()) await close();
  };
  try {
    return await start(options, closing, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function start(
  options: SandboxOptions,
  closing: (() => unknown)[],
  stop: () => Promise<void>,
): Promise<Sandbox> {
  const { people = colleagues } = options;
  const opened = async <Opened extends Pane>(starting: Promise<Opened>): Promise<Opened> => {
    const pane = await starting;
    closing.push(() => pane.stop());
    return pane;
  };
  const feishu = await opened(startFeishuPane(people));
  const dingtalk = await opened(startDingTalkPane(people));
  const wecom = await opened(startWeComPane(people));
  const panes: readonly Pane[] = [feishu, dingtalk, wecom];
  const changes = createChangeStream(() => snapshot());
  closing.push(() => changes.close());
  const calls = createBoundedList<View>(rememberedCalls);
  const measures = createMeasures((figures) => changes.send({ kind: 'figures', figures }));
  const model =
    options.realModel === undefined
      ? await startStandInModel({
          onRequest(request) {
            measures.request(request);
            changes.send({ kind: 'request', request });
          },
          onMode: (mode) => changes.send({ kind: 'model', model: { mode } }),
        })
      : undefined;
  closing.push(() => model?.stop());
  const directory = await mkdtemp(join(tmpdir(), 'qwen-chat-bridge-demo-'));
  closing.push(() => rm(directory, { recursive: true, force: true }));
  const service = createServiceProcess({
    directory,
    environment: environmentOf(options, panes, model),
    onState: (state) => changes.send({ kind: 'service', service: state }),
    onLine: (line) => changes.send({ kind: 'line', line }),
  });
  closing.push(() => service.stop());

  const linked = createLinks(panes, () => service.connected());
  for (const pane of panes) closing.push(relay(pane, { measures, linked, calls, changes }));
  const modelWords = options.realModel === undefined ? '模拟模型 stand-in' : hostsOf(options.realModel);
  const snapshot = (): View => ({
    panes: panes.map((pane) => ({ id: pane.id, title: pane.title, state: pane.state() })),
    service: service.state(),
    model: { mode: model?.mode(), modes: modelModes, words: modelWords },
    calls: calls.all(),
    requests: model?.requests() ?? [],
    lines: service.lines(),
    figures: measures.all(),
  });
  const page = await startPageServer({
    port: options.port,
    changes,
    act: actor({ panes, model, service }),
    picture: pictures(panes, model),
  });
  closing.push(() => page.stop());
  service.start();
  await untilConnected(panes, service, options.signal);
  panes.forEach((pane) => pane.welcome());
  return { url: page.url, modelWords, feishu, dingtalk, wecom, model, service, stop };
}

/** Tells when every platform holds a connection of the service, each time a change makes it so. */
function createLinks(panes: readonly Pane[], onAll: () => void): (pane: Pane, connections: number) => void {
  const open = new Map(panes.map((pane) => [pane, 0]));
  return (pane, connections) => {
    open.set(pane, connections);
    if ([...open.values()].every((count) => count > 0)) onAll();
  };
}

type Relay = {
  readonly measures: Measures;
  readonly linked: (pane: Pane, connections: number) => void;
  readonly calls: BoundedList<View>;
  readonly changes: ChangeStream;
};

/** Brings what happens in a pane to the figures and to the page; gives back the function that ends it. */
function relay(pane: Pane, { measures, linked, calls, changes }: Relay): () => void {
  let number = 0;
  return pane.subscribe((event) => {
    measures.take(pane.id, event);
    if (event.type === 'link') linked(pane, event.connections);
    if (event.type === 'call') {
      number += 1;
      const call = { id: `${pane.id}-${number}`, pane: pane.id, ...event.call };
      calls.push(call);
      changes.send({ kind: 'call', call });
    } else if (event.type === 'message' || event.type === 'delivery' || event.type === 'link') {
      changes.send({ kind: event.type, pane: pane.id, ...event });
    }
  });
}

function environmentOf(
  options: SandboxOptions,
  panes: readonly Pane[],
  model: StandInModel | undefined,
): Record<string, string> {
  return {
    // Seen by visitors: a model server that goes down is noticed within seconds, and Ctrl-C does not take long.
    HEALTH_INTERVAL_MS: '3000',
    SHUTDOWN_GRACE_MS: '1500',
    ...options.extra,
    ...options.realModel,
    ...(model === undefined ? {} : { QWEN_BASE_URL: model.simulator.baseUrl }),
    ...Object.assign({}, ...panes.map(({ environment }) => environment)),
    ADMINS: panes.flatMap(({ admins }) => admins).join(','),
    HOST: '127.0.0.1',
    PORT: '0',
  };
}

/** Hosts only: a URL may hold a key. */
function hostsOf(realModel: Readonly<Record<string, string>>): string {
  const hosts = (realModel['QWEN_BASE_URL'] ?? '')
    .split(',')
    .flatMap((url) => URL.parse(url.trim())?.host ?? []);
  return hosts.join(', ') || 'QWEN_BASE_URL';
}

async function untilConnected(
  panes: readonly Pane[],
  service: ServiceProcess,
  asked: AbortSignal,
): Promise<void> {
  const given = AbortSignal.any([asked, AbortSignal.timeout(readyWithinMs)]);
  const ended = new AbortController();
  const watcher = setInterval(() => service.state().phase === 'ended' && ended.abort(), 50);
  try {
    await Promise.all(panes.map((pane) => pane.connected(AbortSignal.any([given, ended.signal]))));
    service.connected();
  } catch {
    asked.throwIfAborted();
    const words = service
      .lines()
      .slice(-30)
      .map(({ message }) => String(message));
    throw new Error(`The service did not connect:\n${words.join('\n')}`);
  } finally {
    clearInterval(watcher);
  }
}

type Stage = {
  readonly panes: readonly Pane[];
  readonly model: StandInModel | undefined;
  readonly service: ServiceProcess;
};

function actor({ panes, model, service }: Stage) {
  return async (target: string, action: string, given: unknown): Promise<View> => {
    if (target === 'model' && model !== undefined) {
      await model.setMode(action);
      return {};
    }
    if (target === 'service' && action === 'kill') {
      await service.kill();
      setTimeout(() => service.start(), restartAfterMs).unref();
      return {};
    }
    if (target === 'service' && action === 'start') {
      service.start();
      return {};
    }
    const pane = panes.find(({ id }) => id === target);
    if (pane === undefined) throw new Refusal('没有这个操作 / no such action');
    return pane.act(action, given);
  };
}

function pictures(panes: readonly Pane[], model: StandInModel | undefined) {
  return (source: string, group: string, key: string): Picture | undefined =>
    source === 'model'
      ? model?.picture(Number(group), Number(key))
      : panes.find(({ id }) => id === source)?.picture(group, key);
}
