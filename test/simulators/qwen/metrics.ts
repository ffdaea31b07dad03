/** Figures of the stand-in engine, counted as the real one counts them. */
export type EngineFigures = {
  running: number;
  promptTokens: number;
  generationTokens: number;
  readonly finished: Map<string, number>;
};

/** /metrics in Prometheus text, with vLLM's names behind the engine's prefix. */
export function renderMetrics(prefix: string, model: string, figures: EngineFigures): string {
  const labels = `{engine="0",model_name=${JSON.stringify(model)}}`;
  return [
    `# TYPE ${prefix}num_requests_running gauge`,
    `${prefix}num_requests_running${labels} ${figures.running}.0`,
    `# TYPE ${prefix}num_requests_waiting gauge`,
    `${prefix}num_requests_waiting${labels} 0.0`,
    `# TYPE ${prefix}kv_cache_usage_perc gauge`,
    `${prefix}kv_cache_usage_perc${labels} ${Math.min(1, figures.running / 100)}`,
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
