import { expect, it } from 'vitest';
import { createMetrics } from '../../src/metrics.ts';

const model = 'gen_ai_operation_name="chat",gen_ai_provider_name="vllm",gen_ai_request_model="Qwen3-8B"';

it('counts messages, turns, tokens and calls, and measures the first token', async () => {
  let dropped = 0;
  const metrics = createMetrics({ droppedLogLines: () => dropped });
  metrics.countMessage('parrot', 'accepted');
  metrics.countMessage('parrot', 'duplicate');
  metrics.countMessage('parrot', 'duplicate');
  metrics.countTurn('done');
  metrics.countFeedback('parrot', 'bad');
  const asked = { engine: 'vllm', model: 'Qwen3-8B', durationSeconds: 2, firstTextSeconds: 0.3 };
  metrics.observeModel({ ...asked, promptTokens: 100, completionTokens: 20, fault: undefined });
  metrics.observeModel({
    engine: undefined,
    model: undefined,
    durationSeconds: 1,
    firstTextSeconds: undefined,
    promptTokens: undefined,
    completionTokens: undefined,
    fault: 'unreachable',
  });
  metrics.countPlatformCall('card.update', 'rate-limited');
  dropped = 7;
  const text = await metrics.registry.metrics();
  for (const line of [
    'bridge_messages_total{adapter="parrot",outcome="duplicate"} 2',
    'bridge_turns_total{outcome="done"} 1',
    'bridge_feedback_total{adapter="parrot",verdict="bad"} 1',
    `gen_ai_client_operation_time_to_first_chunk_seconds_bucket{le="0.16",${model}} 0`,
    `gen_ai_client_operation_time_to_first_chunk_seconds_bucket{le="0.32",${model}} 1`,
    `gen_ai_client_token_usage_sum{${model},gen_ai_token_type="input"} 100`,
    `gen_ai_client_token_usage_sum{${model},gen_ai_token_type="output"} 20`,
    `gen_ai_client_operation_duration_seconds_sum{${model}} 2`,
    'gen_ai_client_operation_duration_seconds_count{gen_ai_operation_name="chat",gen_ai_provider_name="unknown",gen_ai_request_model="unknown",error_type="unreachable"} 1',
    'bridge_platform_calls_total{api="card.update",outcome="rate-limited"} 1',
    'bridge_log_lines_dropped_total 7',
  ]) {
    expect(text.split('\n')).toContain(line);
  }
  expect(await metrics.registry.metrics()).toContain('bridge_log_lines_dropped_total 7\n');
  expect(text).toMatch(/^process_resident_memory_bytes \d+$/m);
  expect(text).toMatch(/^nodejs_eventloop_lag_p99_seconds /m);
});

it('keeps two services in one process apart', async () => {
  const [first, second] = [
    createMetrics({ droppedLogLines: () => 0 }),
    createMetrics({ droppedLogLines: () => 0 }),
  ];
  first.countTurn('done');
  expect(await second.registry.metrics()).not.toContain('bridge_turns_total{outcome="done"}');
});
