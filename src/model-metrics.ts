import { Histogram, type Registry } from 'prom-client';

/** `fault` is our code of why no whole answer came. `engine` and `model` are as discovered, where a server was found. */
export type ModelRequestFigures = {
  readonly engine: string | undefined;
  readonly model: string | undefined;
  readonly durationSeconds: number;
  readonly firstTextSeconds: number | undefined;
  readonly promptTokens: number | undefined;
  readonly completionTokens: number | undefined;
  readonly fault: string | undefined;
};

// Names, labels and buckets are OpenTelemetry's semantic conventions for generative AI (client metrics), written as
// Prometheus writes them: https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-metrics/
const labels = ['gen_ai_operation_name', 'gen_ai_provider_name', 'gen_ai_request_model'] as const;
const tokenBuckets = Array.from({ length: 14 }, (_, power) => 4 ** power);
/** The conventions end at 81.92 s; a wait in line and long thinking take longer. */
const durationBucketsSeconds = Array.from({ length: 16 }, (_, power) => 2 ** power / 100);

/** Registers the model side's histograms; the function returned puts one question into them. */
export function createModelMetrics(registry: Registry): (request: ModelRequestFigures) => void {
  const registers = [registry];
  const tokens = new Histogram({
    name: 'gen_ai_client_token_usage',
    help: 'Tokens of one question as the model server counted them.',
    labelNames: [...labels, 'gen_ai_token_type'],
    buckets: tokenBuckets,
    registers,
  });
  const duration = new Histogram({
    name: 'gen_ai_client_operation_duration_seconds',
    help: 'From the question being ready to the end of its answer, waiting in line and fail-over included.',
    labelNames: [...labels, 'error_type'],
    buckets: durationBucketsSeconds,
    registers,
  });
  const firstText = new Histogram({
    name: 'gen_ai_client_operation_time_to_first_chunk_seconds',
    help: 'From the question being ready to the first word of the answer; thinking comes before it.',
    labelNames: [...labels],
    buckets: durationBucketsSeconds,
    registers,
  });
  return (request) => {
    const who = {
      gen_ai_operation_name: 'chat',
      gen_ai_provider_name: request.engine ?? 'unknown',
      gen_ai_request_model: request.model ?? 'unknown',
    };
    const { promptTokens, completionTokens, firstTextSeconds, fault } = request;
    if (promptTokens !== undefined) tokens.observe({ ...who, gen_ai_token_type: 'input' }, promptTokens);
    if (completionTokens !== undefined)
      tokens.observe({ ...who, gen_ai_token_type: 'output' }, completionTokens);
    if (firstTextSeconds !== undefined) firstText.observe(who, firstTextSeconds);
    duration.observe(
      { ...who, ...(fault === undefined ? {} : { error_type: fault }) },
      request.durationSeconds,
    );
  };
}
