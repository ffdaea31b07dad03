import { afterEach } from 'vitest';
import { AdapterError } from '../../../src/contract/errors.ts';
import type { FeishuSimulatorOptions } from '../../simulators/feishu/options.ts';
import { startFeishuSimulator, type FeishuSimulator } from '../../simulators/feishu/simulator.ts';
import { createCalls, type Calls } from './platform.ts';

export const ending: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end();
});

export type Here = Calls & { readonly feishu: FeishuSimulator };

/** The adapter's calls on a simulated platform; both end with the test. */
export async function start(
  simulator: FeishuSimulatorOptions = {},
  options: Partial<Parameters<typeof createCalls>[0]> = {},
): Promise<Here> {
  const feishu = await startFeishuSimulator(simulator);
  const calls = createCalls({
    url: feishu.url,
    appId: feishu.app.appId,
    appSecret: feishu.app.appSecret,
    ...options,
  });
  ending.push(
    () => feishu.stop(),
    () => calls.close(),
  );
  return { ...calls, feishu };
}

/** What a promise rejects with, which must be an `AdapterError`. */
export const failure = async (promise: Promise<unknown>): Promise<AdapterError> => {
  const error: unknown = await promise.then(
    () => undefined,
    (rejection: unknown) => rejection,
  );
  if (error instanceof AdapterError) return error;
  throw new Error(`not an AdapterError but ${String(error)}`);
};
