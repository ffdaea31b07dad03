import type { Clock } from '../contract/runtime.ts';
import { askChat } from './chat-checks.ts';
import type { Finding } from './check.ts';
import type { Client } from './client.ts';

const requests = 5;
const pauseMs = 500;
const timeoutMs = 30_000;
const maxTokens = 10;

/** Five short questions, half a second apart: how long each took, in seconds with two decimals. */
export async function runBenchmark(client: Client, clock: Clock, signal: AbortSignal): Promise<Finding> {
  const times: string[] = [];
  let failure: Finding | undefined;
  for (let index = 0; index < requests; index += 1) {
    if (index > 0) await clock.sleep(pauseMs, signal);
    const startedAt = clock.now().getTime();
    const answer = await askChat(client, { max_tokens: maxTokens }, timeoutMs, signal);
    const seconds = `${((clock.now().getTime() - startedAt) / 1000).toFixed(2)} s`;
    if ('state' in answer) {
      failure = answer;
      times.push(`✗ ${seconds} ${answer.causeCode ?? ''}`.trim());
    } else times.push(seconds);
    if (signal.aborted) break;
  }
  const evidence = times.join(' · ');
  if (failure === undefined) return { state: 'passed', evidence };
  return { ...failure, evidence };
}
