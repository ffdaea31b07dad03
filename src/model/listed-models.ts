import { plainDescription } from './discovery.ts';
import type { ModelDescription, ModelOffer } from './types.ts';

/** What a server lists beside its usual model, and what is known of each. */
export type ListedModels = {
  /** Undefined before the first list. */
  offers(): readonly ModelOffer[] | undefined;
  /** A new list has come; what was asked about single models is asked again when it is next needed. */
  renew(offers: readonly ModelOffer[]): void;
  /** No I/O; undefined for a model that is not listed. `usual` is the server's usual model. */
  known(id: string, usual: ModelDescription): ModelDescription | undefined;
  /** Asks the engine where it has facts of its own for each model. */
  lookUp(id: string, usual: ModelDescription): Promise<ModelDescription | undefined>;
};

type Described = { readonly description: ModelDescription; readonly round: number };

export function createListedModels(
  describe: (offer: ModelOffer, usual: ModelDescription) => Promise<ModelDescription>,
): ListedModels {
  let offers: readonly ModelOffer[] | undefined;
  let round = 0;
  const described = new Map<string, Described>();

  const offerOf = (id: string): ModelOffer | undefined => offers?.find((offer) => offer.id === id);

  return {
    offers: () => offers,
    renew(listed) {
      offers = listed;
      round += 1;
      for (const id of described.keys()) if (offerOf(id) === undefined) described.delete(id);
    },
    known(id, usual) {
      const offer = offerOf(id);
      if (offer === undefined) return undefined;
      return described.get(id)?.description ?? plainDescription(offer, usual);
    },
    async lookUp(id, usual) {
      const offer = offerOf(id);
      if (offer === undefined) return undefined;
      const last = described.get(id);
      if (last?.round === round) return last.description;
      const asked = round;
      const description = await describe(offer, usual);
      described.set(id, { description, round: asked });
      return description;
    },
  };
}
