import { modelName } from '../core/present.ts';
import type { ModelOffer } from '../model/types.ts';

/** What a model is called in a chat: its last part, or the whole id where two would be called the same. */
export function shownName(id: string, among: readonly Pick<ModelOffer, 'id'>[]): string {
  const short = modelName(id);
  return among.some((other) => other.id !== id && modelName(other.id) === short) ? id : short;
}

/** The models that somebody may mean by this: the id itself, otherwise every model of that name, however it is spelled. */
export function modelsMeant<Offer extends Pick<ModelOffer, 'id'>>(
  written: string,
  among: readonly Offer[],
): readonly Offer[] {
  const exact = among.filter(({ id }) => id === written);
  if (exact.length > 0) return exact;
  const spelled = plain(written);
  return among.filter(({ id }) => plain(id) === spelled || plain(modelName(id)) === spelled);
}

/** Width, capitals and the marks that chats put around code do not count. */
function plain(name: string): string {
  return name
    .normalize('NFKC')
    .replace(/^[`'"“]+|[`'"”]+$/g, '')
    .trim()
    .toLowerCase();
}
