import type { Json } from '../contract/ids.ts';
import type { Discovery } from '../model/discovery.ts';
import type { ModelDescription } from '../model/types.ts';
import type { HttpProbe } from './http-probe.ts';
import type { Target } from './target.ts';

/** What earlier checks of one server learned for the later ones. */
export type Learned = {
  /** The model to ask; undefined until a list or the configuration named one. */
  model: string | undefined;
  /** From the same look-up as the service's. */
  contextTokens: number | undefined;
  engine: ModelDescription['engine'] | undefined;
  /** False where the engine says that its model cannot. */
  canThink: boolean | undefined;
  /** A model of the list that is evidently for embeddings. */
  embeddingModel: string | undefined;
  /** The server's clock minus ours in milliseconds, from its Date header. */
  skewMs: number | undefined;
};

export function nothingYet(): Learned {
  return {
    model: undefined,
    contextTokens: undefined,
    engine: undefined,
    canThink: undefined,
    embeddingModel: undefined,
    skewMs: undefined,
  };
}

/** Whom the doctor asks, by what, and what it knows of them by now. */
export type Client = { readonly target: Target; readonly probe: HttpProbe; readonly learned: Learned };

/** Fields of a chat request beside those every request has. */
export type Fields = Readonly<Record<string, Json>>;

/** Asks who answers here as the service does. */
export type LookUp = (signal: AbortSignal) => Promise<Discovery>;
