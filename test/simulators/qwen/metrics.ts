import type { MetricNames } from './profiles.ts';

/** Requests of other clients, in the same engine. */
export type Others = { readonly running: number; readonly waiting: number };

/** Figures of the stand-in engine, counted as the real one counts them. */
export type EngineFigures = {
  running: number;
  promptTokens: number;
  generationTokens: number;
  readonly finished: Map<string, number>;
};

/** /metrics in Prometheus text, under the engine's own names; vLLM's where only vLLM's are known. */
export function renderMetrics(
  names: MetricNames,
  model: string,
  figures: EngineFigures,
  others: Others,
): string {
  const { prefix } = names;
  const labels = prefix === 'llamacpp:' ? '' : `{engine="0",model_name=${JSON.stringify(model)}}`;
  const gauge = (name: string, value: number): string[] => [
    `# HELP ${prefix}${name} ${name}`,
    `# TYPE ${prefix}${name} gauge`,
    `${prefix}${name}${labels} ${value.toFixed(1)}`,
  ];
  return [
    ...gauge(names.running, figures.running + others.running),
    ...gauge(names.waiting, others.waiting),
    ...(names.cacheUse === undefined ? [] : gauge(names.cacheUse, Math.min(1, figures.running / 100))),
    `# TYPE ${prefix}prompt_tokens_total counter`,
    `${prefix}prompt_tokens_total${labels} ${figures.promptTokens}.0`,
    `# TYPE ${prefix}generation_tokens_total counter`,
    `${prefix}generation_tokens_total${labels} ${figures.generationTokens}.0`,
    ...[...figures.finished].map(
      ([reason, count]) =>
        `${prefix}request_success_total{engine="0",finished_reason=${JSON.stringify(reason)},model_name=${JSON.stringify(model)}} ${count}.0`,
    ),
    '',
  ].join('\n');
}
