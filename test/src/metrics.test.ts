import { expect, it } from 'vitest';
import { createMetrics } from '../../src/metrics.ts';

it('counts messages, turns, tokens and calls, and measures the first token', async () => {
  let dropped = 0;
  const metrics = createMetrics({ droppedLogLines: () => dropped });
  metrics.countMessage('parrot', 'accepted');
  metrics.countMessage('parrot', 'duplicate');
  metrics.countMessage('parrot', 'duplicate');
  metrics.countTurn('done');
  metrics.observeFirstToken(0.3);
  metrics.countTokens(100, 20);
  metrics.countPlatformCall('card.update', 'rate-limited');
  dropped = 7;
  const text = await metrics.registry.metrics();
  for (const line of [
    'bridge_messages_total{adapter="parrot",outcome="duplicate"} 2',
    'bridge_turns_total{outcome="done"} 1',
    'bridge_model_first_token_seconds_bucket{le="0.25"} 0',
    'bridge_model_first_token_seconds_bucket{le="0.5"} 1',
    'bridge_model_tokens_total{kind="completion"} 20',
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
