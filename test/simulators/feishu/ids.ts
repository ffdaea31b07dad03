/** Mints identifiers in the shapes Feishu uses. Every id is new; the same seed gives the same ids. */
export type Ids = {
  hex(length: number): string;
  /** `om_`, `oc_`, `ou_`, `on_`, `omt_`: prefix and 32 hex digits (16 for `omt_`). */
  prefixed(prefix: 'om_' | 'oc_' | 'ou_' | 'on_' | 'omt_' | 'c-' | 't-'): string;
  imageKey(): string;
  fileKey(): string;
  /** A decimal string of 19 digits. */
  cardId(): string;
  uuid(): string;
};

/** `random` gives 0 ≤ x < 1. */
export function createIds(random: () => number): Ids {
  const hex = (length: number): string => {
    let digits = '';
    while (digits.length < length) digits += Math.floor(random() * 16).toString(16);
    return digits;
  };
  const uuid = (): string => `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`;
  let cards = 0;
  return {
    hex,
    uuid,
    prefixed: (prefix) => prefix + hex(prefix === 'omt_' ? 16 : 32),
    imageKey: () => `img_v3_02${hex(2)}_${uuid()}g`,
    fileKey: () => `file_v3_00${hex(2)}_${uuid()}g`,
    cardId: () => {
      cards += 1;
      return `7${String(Math.floor(random() * 1e9)).padStart(9, '0')}${String(cards).padStart(9, '0')}`;
    },
  };
}
