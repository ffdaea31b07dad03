import { describeOffer, discover, type Discovery, type DiscoveryOptions } from './discovery.ts';
import type { Failure } from './failure.ts';
import { createListedModels } from './listed-models.ts';
import type { ModelDescription, ModelOffer } from './types.ts';

/** What a model's answers have shown, beyond what its server tells about it. */
export type Learned = Partial<Pick<ModelDescription, 'vision' | 'contextTokens'>>;

/** Who answers at one server: its usual model, and the others it lists. */
export type Identity = {
  /** From the last discovery; with an id that model, undefined where it is not listed. No I/O. */
  readonly known: (model?: string) => ModelDescription | undefined;
  /** Everything listed at the last discovery; undefined before the first. */
  readonly offers: () => readonly ModelOffer[] | undefined;
  /** From cache, otherwise asks; never rejects. With an id that model is found, or `model-missing`. */
  readonly lookUp: (model?: string) => Promise<Discovery>;
  /** Asks, whatever is cached. One question at a time, shared by all who wait. */
  readonly lookUpAgain: () => Promise<Discovery>;
  readonly learn: (facts: Learned, model: string) => void;
  /** The server has been down: whoever comes back may have changed. */
  readonly forgetLearned: () => void;
};

export type IdentityOptions = {
  readonly discovery: Omit<DiscoveryOptions, 'known'>;
  /** Aborts when the server is let go. */
  readonly signal: AbortSignal;
  readonly isUp: () => boolean;
  readonly onFound: (found: ModelDescription) => void;
};

/** Models a server has had in its time; far more than one serves. */
const maxRememberedModels = 400;

export function createIdentity({ discovery, signal, isUp, onFound }: IdentityOptions): Identity {
  const learned = new Map<string, Learned>();
  let description: ModelDescription | undefined;
  let asking: Promise<Discovery> | undefined;
  const options = (): DiscoveryOptions =>
    description !== undefined && isUp() ? { ...discovery, known: description } : discovery;
  const listed = createListedModels((offer, usual) => describeOffer(offer, usual, options(), signal));

  async function ask(): Promise<Discovery> {
    const discovered = await discover(options(), signal);
    if ('failure' in discovered) return discovered;
    const { found, offers } = discovered;
    description = withLearned(found, learned.get(found.model));
    listed.renew(offers);
    onFound(found);
    return { found: description, offers };
  }

  function lookUpAgain(): Promise<Discovery> {
    asking ??= ask().finally(() => {
      asking = undefined;
    });
    return asking;
  }

  function known(model?: string): ModelDescription | undefined {
    if (description === undefined || model === undefined || model === description.model) return description;
    const other = listed.known(model, description);
    return other === undefined ? undefined : withLearned(other, learned.get(model));
  }

  return {
    known,
    offers: () =>
      listed.offers()?.map((offer) => {
        const { contextTokens, vision } = known(offer.id) ?? offer;
        return { id: offer.id, contextTokens, vision };
      }),
    async lookUp(model) {
      const usual: Discovery =
        description === undefined
          ? await lookUpAgain()
          : { found: description, offers: listed.offers() ?? [] };
      if ('failure' in usual || model === undefined || model === usual.found.model) return usual;
      const found = await listed.lookUp(model, usual.found);
      if (found === undefined) return { failure: notListed };
      return { found: withLearned(found, learned.get(model)), offers: usual.offers };
    },
    lookUpAgain,
    learn(facts, model) {
      if (description?.model === model) description = { ...description, ...facts };
      if (learned.size >= maxRememberedModels) learned.clear();
      learned.set(model, { ...learned.get(model), ...facts });
    },
    forgetLearned: () => learned.clear(),
  };
}

const notListed: Failure = {
  fault: { code: 'model-missing', evidence: 'the chosen model is not listed' },
  retry: 'no',
};

/** What its answers have shown goes where it did not say itself. */
function withLearned(found: ModelDescription, tried: Learned | undefined): ModelDescription {
  return {
    ...found,
    contextTokens: found.contextTokens ?? tried?.contextTokens,
    vision: found.vision === 'unknown' ? (tried?.vision ?? 'unknown') : found.vision,
  };
}
