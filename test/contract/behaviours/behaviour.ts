import type { Capabilities } from '../../../src/contract/capabilities.ts';
import type { Traits } from '../harness.ts';
import type { Stage } from '../stage.ts';

/** One thing every adapter does. `run` rejects when it does not. */
export type Behaviour = {
  readonly name: string;
  /** Whether the platform can have it at all; always, when nothing is said. */
  readonly applies?: (traits: Traits, capabilities: Capabilities) => boolean;
  readonly run: (stage: Stage) => Promise<void>;
};
