import { randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { AssistantBook } from './assistants/book.ts';
import type { Config, ReadyPlan } from './config/types.ts';
import type { Adapter } from './contract/adapter.ts';
import type { AdapterId } from './contract/ids.ts';
import type { Clock } from './contract/runtime.ts';
import { openAdminCode, type AdminCode } from './core/admin-code.ts';
import { createCore, type Core } from './core/core.ts';
import { createAdapters } from './create-adapters.ts';
import { openPolicy, type PolicyBook } from './core/policy.ts';
import { diagnose } from './diagnosis/diagnose.ts';
import { createPlatformAlerts, type PlatformAlerts } from './diagnosis/platform-alerts.ts';
import { createTellAdministrators } from './diagnosis/tell-administrators.ts';
import { watchModelServers } from './diagnosis/watch.ts';
import { createHttpServer } from './http/server.ts';
import type { ServiceLog } from './log.ts';
import { keepPurging, keepStoringCalls, openServiceStore } from './keep-state.ts';
import { logWith } from './log-with.ts';
import { createImagePreparer } from './media/decoder-process.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { createModel } from './model/create-model.ts';
import type { Model } from './model/types.ts';
import { uncountedMs } from './replicas/guarded-budget.ts';
import { openReplicas, type Replicas } from './replicas/open-replicas.ts';
import { shareAlerts } from './replicas/shared-alerts.ts';
import { sharePolicy } from './replicas/shared-policy.ts';
import { createCallLedger, pushesOf, type CallLedger } from './reply/call-ledger.ts';
import type { Store } from './store/store.ts';

export type ServiceOptions = {
  readonly config: Config;
  readonly plans: readonly ReadyPlan[];
  readonly assistants: AssistantBook;
  /** Where all local state lies. */
  readonly dataDirectory: string;
  readonly clock: Clock;
  readonly log: ServiceLog;
  readonly version: string;
};

export type Service = {
  readonly port: number;
  /** Takes no new messages, lets replies end within the grace, closes the rest with a note, lets go of everything. */
  stop(): Promise<void>;
};

const randomByte = (): number => randomBytes(1)[0] ?? 0;

/** How long requests in progress may take once the service stops; they are webhooks, answered in milliseconds. */
const httpGraceMs = 500;

export function modelFrom({ config, clock, log, version }: ServiceOptions): Model {
  const { servers, vision, proxy, ...settings } = config.model;
  return createModel({
    ...settings,
    servers,
    ...(vision === undefined ? {} : { visionServer: vision }),
    ...(proxy === undefined ? {} : { proxy }),
    healthIntervalMs: config.health.intervalMs,
    clock,
    random: Math.random,
    log: logWith(log, { part: 'model' }),
    version,
  });
}

type CoreParts = {
  readonly adapters: readonly Adapter[];
  readonly store: Store;
  readonly replicas: Replicas;
  readonly policy: PolicyBook;
  readonly adminCode: AdminCode;
  readonly model: Model;
  readonly metrics: Metrics;
  readonly ledger: CallLedger;
  readonly alerts: PlatformAlerts;
};

function buildCore(
  options: ServiceOptions,
  { adapters, store, replicas, policy, adminCode, model, metrics, ledger, alerts }: CoreParts,
) {
  const { config, clock, log, version } = options;
  const preparer = createImagePreparer({ clock, log });
  const core = createCore({
    config,
    ledger,
    adapters: new Map<AdapterId, Adapter>(adapters.map((adapter) => [adapter.id, adapter])),
    store,
    leases: replicas.leases,
    leading: replicas.leadership.leading,
    policy,
    assistants: options.assistants,
    adminCode,
    model,
    preparer,
    clock,
    random: Math.random,
    randomByte,
    uuid: randomUUID,
    log,
    version,
    diagnose: (asked, signal) => diagnose({ config, adapters, clock, version }, asked, signal),
    ended: (_turn, ending, delivery) =>
      metrics.countTurn(delivery === 'delivered' ? ending.status : delivery),
    answered: ({ firstTextMs, durationMs, server, end }) =>
      metrics.observeModel({
        engine: server?.engine,
        model: server?.model,
        durationSeconds: durationMs / 1000,
        firstTextSeconds: firstTextMs === undefined ? undefined : firstTextMs / 1000,
        promptTokens: end.usage?.promptTokens,
        completionTokens: end.usage?.completionTokens,
        fault: end.fault?.code,
      }),
    judged: (id, verdict) => metrics.countFeedback(id, verdict),
    counted(type, id, outcome) {
      metrics.countMessage(id, outcome);
      const platform = adapters.find((adapter) => adapter.id === id)?.platform;
      // A notice is our own conclusion, nothing that was pushed.
      if (platform !== undefined && type !== 'notice') ledger.count(pushesOf(platform), type);
    },
    onNotice: (notice) => alerts.notice(notice),
    onPace: (adapter, level) => alerts.pace(adapter, level),
  });
  return { core, preparer };
}

type Tell = ReturnType<typeof createTellAdministrators>;

/** Administrators hear of model servers that go down, get slow or recover. */
function keepWatching(
  { config, clock }: ServiceOptions,
  tell: Tell,
  model: Model,
  signal: AbortSignal,
): Promise<void> {
  const options = {
    health: () => model.health(),
    settings: config.health,
    timeZone: config.timeZone,
    language: config.locale,
    clock,
    tell,
  };
  return watchModelServers(options, signal);
}

/** Starts everything in the order in which parts need one another; rejects with a sentence when that cannot be. */
export async function startService(options: ServiceOptions): Promise<Service> {
  const { config, clock, log, version } = options;
  const startedAt = performance.now();
  const store = await openServiceStore(options);
  const replicas = openReplicas(store, { clock, log });
  const { alone, leases, members, leadership } = replicas;
  const book = await openPolicy(store.policy, config.access, config.conversation.groupContext);
  const policy = alone ? book : sharePolicy(book, store.signals, log);
  const adminCode = await openAdminCode({
    file: join(options.dataDirectory, 'admin-code'),
    policy,
    severalProcesses: !alone,
    store,
    clock,
    randomByte,
    log,
  });
  const ledger = await createCallLedger(store.calls, clock, config.timeZone, !alone);
  const metrics = createMetrics({ droppedLogLines: () => log.dropped() });
  const crashed = await store.turns.anyUnfinished();
  const lastAt = crashed ? performance.timeOrigin : await store.turns.lastWrittenAt();
  const notBefore = lastAt + uncountedMs;
  const counters = { ledger, metrics };
  const adapters = await createAdapters(options, { counters, replicas, shared: store.shared, notBefore });
  const model = modelFrom(options);
  const stopping = new AbortController();
  let started = false;
  const watchLog = logWith(log, { part: 'watch' });
  const administrators = () => [...config.access.admins, ...policy.current().administrators];
  const tellAll = createTellAdministrators({ administrators, adapters, uuid: randomUUID, log: watchLog });
  // All watch, so that whoever leads next knows what was told; one of them tells.
  const tell: Tell = async (text, until) => (leadership.leading() ? tellAll(text, until) : undefined);
  const { signal } = stopping;
  const own = createPlatformAlerts({ tell, language: config.locale, clock, log: watchLog, signal });
  const alerts = alone ? own : shareAlerts(own, store.signals, watchLog);
  const { core, preparer } = buildCore(options, {
    adapters,
    store,
    replicas,
    policy,
    adminCode,
    model,
    metrics,
    ledger,
    alerts,
  });
  const http = createHttpServer({
    ...config.http,
    routes: adapters.flatMap(({ webhooks }) => webhooks),
    health: {
      store: () => (store.healthy() ? 'up' : 'down'),
      engine: store.engine,
      platforms: () => adapters.map((adapter) => ({ id: adapter.id, health: adapter.health() })),
      models: () => model.health(),
      waitsFor: () => (started ? undefined : (members.waitsFor() ?? 'the platforms to be connected')),
      stopping: () => stopping.signal.aborted,
    },
    metrics: metrics.registry,
    log: logWith(log, { part: 'http' }),
    clock,
  });
  const { port } = await http.start();
  model.start();
  const membership = members.keep();
  // Until the others leave this one its part of the limits, it takes nothing in that they could answer sooner: no adapter
  // is started, so webhooks are refused for the time being and no connection is made, nothing is taken up, and it leads
  // nothing.
  await members.entered(signal);
  // One that has ended since may have stored its last calls while we waited: they count as ours where nobody else lives.
  await ledger.flush();
  await core.recover();
  await Promise.all(adapters.map((adapter) => adapter.start(core.inbox)));
  started = true;
  const lead = async (leading: AbortSignal): Promise<void> => {
    await Promise.all([keepPurging(options, store, leading), core.lead(leading), adminCode.lead(leading)]);
  };
  const keeping = Promise.all([
    membership,
    leases.keep(stopping.signal),
    leadership.keep(lead, stopping.signal),
    keepStoringCalls(options, ledger, stopping.signal),
    keepWatching(options, tell, model, stopping.signal),
  ]);
  const took = Math.round(performance.now() - startedAt);
  const platforms = adapters.map(({ id }) => id);
  log.info({ version, port, platforms, store: store.engine, took }, 'started');
  return {
    port,
    stop: () =>
      stopService({ options, adapters, core, http, model, preparer, keeping, stopping, store, replicas }),
  };
}

type Parts = {
  readonly options: ServiceOptions;
  readonly adapters: readonly Adapter[];
  readonly core: Core;
  readonly http: ReturnType<typeof createHttpServer>;
  readonly model: Model;
  readonly preparer: ReturnType<typeof createImagePreparer>;
  readonly keeping: Promise<unknown>;
  readonly stopping: AbortController;
  readonly store: Store;
  readonly replicas: Replicas;
};

async function stopService({
  options,
  adapters,
  core,
  http,
  model,
  preparer,
  keeping,
  stopping,
  store,
  replicas: { alone, members },
}: Parts): Promise<void> {
  const { log, config } = options;
  log.info({ running: core.running() }, 'stopping');
  stopping.abort();
  // Where only one can be connected nothing reaches the other replicas before this one lets go, and nothing is delivered
  // again: what comes until then is taken, and handed over.
  const late = adapters.filter(({ capabilities }) => !alone && capabilities.oneConnection);
  const pause = async (some: readonly Adapter[]): Promise<void> => {
    await Promise.all(some.map((adapter) => adapter.pause()));
  };
  await pause(adapters.filter((adapter) => !late.includes(adapter)));
  await core.drain(config.shutdownGraceMs, () => pause(late));
  await Promise.all([
    http.stop(httpGraceMs),
    model.stop(),
    preparer.stop(),
    ...adapters.map((adapter) => adapter.stop()),
  ]);
  await members.leave();
  await keeping;
  await store.close();
  log.info({}, 'stopped');
}
