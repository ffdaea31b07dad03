import type { Config } from '../config/types.ts';
import type { Adapter, Check } from '../contract/adapter.ts';
import type { Clock } from '../contract/runtime.ts';
import { discover } from '../model/discovery.ts';
import { createTransport } from '../model/transport.ts';
import { doctorWords, evidenceWords } from '../reply/notices/doctor.ts';
import { runBenchmark } from './benchmark.ts';
import { chatChecks } from './chat-checks.ts';
import { runChecks, type CheckCode, type CheckResult, type PlannedCheck } from './check.ts';
import { nothingYet, type LookUp } from './client.ts';
import { factsChecks } from './facts-checks.ts';
import { usualPorts } from './find-model-server.ts';
import { createHttpProbe } from './http-probe.ts';
import { networkChecks } from './network-checks.ts';
import { platformChecks } from './platform-checks.ts';
import { protocolChecks } from './protocol-checks.ts';
import { createTarget, type Target } from './target.ts';

/** What a check is about. `id` is a host, or an adapter's id; empty for the configuration. */
export type Subject = {
  readonly part: 'configuration' | 'model' | 'vision' | 'platform';
  readonly id: string;
};

/** What happens while the doctor works. A check that is skipped has no `begun`. */
export type DoctorEvent =
  | { readonly type: 'begun'; readonly subject: Subject; readonly code: CheckCode }
  | {
      readonly type: 'done';
      readonly subject: Subject;
      readonly code: CheckCode | Check['code'];
      readonly result: CheckResult;
    };

export type DoctorSettings = {
  readonly config: Pick<Config, 'model' | 'access'>;
  readonly adapters: readonly Adapter[];
  readonly clock: Clock;
  readonly version: string;
  /** Where else a model server may listen. Default: the engines' own ports. */
  readonly usualPorts?: readonly number[];
  /** False where the adapters were only made, not started: they know nothing of connections. Default true. */
  readonly running?: boolean;
};

export type DiagnoseOptions = { readonly benchmark: boolean };

/** Tries everything the service needs: configuration, each model server, each platform. One thing at a time. */
export async function* diagnose(
  settings: DoctorSettings,
  { benchmark }: DiagnoseOptions,
  signal: AbortSignal,
): AsyncGenerator<DoctorEvent, void> {
  const { clock, adapters, running = true } = settings;
  yield* ofSubject({ part: 'configuration', id: '' }, [configurationCheck(settings)], clock, signal);
  for (const { subject, target } of targetsOf(settings)) {
    const probe = createHttpProbe(clock, target.proxy);
    const transport = createTransport({ maxConcurrency: 1, proxy: target.proxy });
    const client = { target, probe, learned: nothingYet() };
    const asked = { ...target, transport, model: target.server.model };
    const lookUp: LookUp = (limited) => discover(asked, limited);
    const checks: PlannedCheck[] = [
      ...networkChecks(target, probe),
      ...protocolChecks(client, lookUp),
      ...chatChecks(client),
      ...factsChecks(client, lookUp),
    ];
    if (benchmark)
      checks.push({
        code: 'benchmark',
        needs: ['chat'],
        run: (limited) => runBenchmark(client, clock, limited),
      });
    try {
      yield* ofSubject(subject, checks, clock, signal);
    } finally {
      await Promise.all([probe.close(), transport.close()]);
    }
  }
  for (const adapter of adapters) {
    if (signal.aborted) return;
    const subject: Subject = { part: 'platform', id: adapter.id };
    for await (const { code, result } of platformChecks(adapter, { clock, running }, signal))
      yield { type: 'done', subject, code, result };
  }
}

async function* ofSubject(
  subject: Subject,
  checks: readonly PlannedCheck[],
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<DoctorEvent, void> {
  for await (const step of runChecks(checks, clock, signal)) yield { ...step, subject };
}

/** What the configuration says, where it was good enough to start with: who administers, what is connected. */
function configurationCheck({ config, adapters }: DoctorSettings): PlannedCheck {
  const { model, access } = config;
  const servers = model.servers.length + (model.vision === undefined ? 0 : 1);
  const evidence = evidenceWords.configured(servers, adapters.length, access.admins.length);
  return {
    code: 'configuration',
    needs: [],
    run: async () => {
      if (access.admins.length > 0) return { state: 'passed', evidence };
      const { noAdministrators: cause, addAdministrator: remedy } = doctorWords;
      return { state: 'unknown', evidence, cause, remedy };
    },
  };
}

function targetsOf(
  settings: DoctorSettings,
): readonly { readonly subject: Subject; readonly target: Target }[] {
  const { servers, vision, ...model } = settings.config.model;
  const shared = {
    ...model,
    clock: settings.clock,
    version: settings.version,
    usualPorts: settings.usualPorts ?? usualPorts,
  };
  const text = servers.map((server) => {
    const target = createTarget(server, { ...shared, seesPictures: vision === undefined });
    return { subject: { part: 'model', id: target.endpoint.host } as const, target };
  });
  if (vision === undefined) return text;
  const target = createTarget(vision, { ...shared, seesPictures: true });
  return [...text, { subject: { part: 'vision', id: target.endpoint.host }, target }];
}
