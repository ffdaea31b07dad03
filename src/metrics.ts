import { collectDefaultMetrics, Counter, Registry } from 'prom-client';
import { createModelMetrics, type ModelRequestFigures } from './model-metrics.ts';

/** Where the service counts what it does. Labels are ids and codes from our own lists, never something a person wrote. */
export type Metrics = {
  /** For `/metrics`. */
  readonly registry: Registry;
  /** `outcome` as in `Admission`, or the reason why nothing was answered. */
  countMessage(adapter: string, outcome: string): void;
  /** A turn reached its end: `done`, `failed`, `interrupted`, … */
  countTurn(outcome: string): void;
  /** Somebody judged an answer: `good` or `bad`. */
  countFeedback(adapter: string, verdict: string): void;
  /** One question to the model servers has ended. */
  observeModel(request: ModelRequestFigures): void;
  /** `api` is the adapter's stable name of the call, `outcome` is `ok` or an error code. */
  countPlatformCall(api: string, outcome: string): void;
};

export type MetricsSources = { readonly droppedLogLines: () => number };

/**
 * A registry of its own with the service's metrics and Node's (memory, event-loop delay, handles). `droppedLogLines` is
 * asked at each scrape.
 */
export function createMetrics({ droppedLogLines }: MetricsSources): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });

  const messages = new Counter({
    name: 'bridge_messages_total',
    help: 'Events taken in, by adapter and by what became of them.',
    labelNames: ['adapter', 'outcome'],
    registers,
  });
  const turns = new Counter({
    name: 'bridge_turns_total',
    help: 'Turns that reached their end, by outcome.',
    labelNames: ['outcome'],
    registers,
  });
  const feedback = new Counter({
    name: 'bridge_feedback_total',
    help: 'Judgements of answers, by adapter and verdict; a changed mind counts again.',
    labelNames: ['adapter', 'verdict'],
    registers,
  });
  const observeModel = createModelMetrics(registry);
  const platformCalls = new Counter({
    name: 'bridge_platform_calls_total',
    help: 'Calls to chat platforms, by API and outcome.',
    labelNames: ['api', 'outcome'],
    registers,
  });
  new Counter({
    name: 'bridge_log_lines_dropped_total',
    help: 'Log lines lost because nobody read them.',
    registers,
    collect() {
      this.reset();
      this.inc(droppedLogLines());
    },
  });

  return {
    registry,
    countMessage: (adapter, outcome) => messages.inc({ adapter, outcome }),
    countTurn: (outcome) => turns.inc({ outcome }),
    countFeedback: (adapter, verdict) => feedback.inc({ adapter, verdict }),
    observeModel,
    countPlatformCall: (api, outcome) => platformCalls.inc({ api, outcome }),
  };
}
