import type { ModelFault, ModelFaultCode } from './types.ts';

/** What to change in the request before it is tried once more; found out where the refusal is read. */
export type Remedy =
  | { readonly type: 'fewer-tokens'; readonly maxTokens: number }
  | { readonly type: 'without-key'; readonly key: string }
  | { readonly type: 'fewer-images'; readonly keep: number }
  | { readonly type: 'look-up-model' };

/**
 * An attempt of which the person has seen nothing. `retry` is decided here, where the cause is known: `at-once` for a
 * socket the server had already closed, `later` after a pause, `once` for a server that stumbled, `no` when repeating
 * is pointless.
 */
export type Failure = {
  readonly fault: ModelFault;
  readonly retry: 'no' | 'at-once' | 'once' | 'later';
  readonly remedy?: Remedy;
  /** The context length the server named while refusing. */
  readonly contextTokens?: number;
};

const requestFaults: ReadonlySet<ModelFaultCode> = new Set<ModelFaultCode>([
  'bad-request',
  'bad-image',
  'too-many-images',
  'body-too-large',
  'context-overflow',
]);

/** True when the request itself is at fault: another server would refuse it as well. */
export function isRequestFault(code: ModelFaultCode): boolean {
  return requestFaults.has(code);
}
