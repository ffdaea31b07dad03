const base64Alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** Mints identifiers in the shapes WeCom uses: opaque, with upper and lower case. The same seed gives the same ids. */
export type Ids = {
  hex(length: number): string;
  /** Letters and digits of both cases. */
  word(length: number): string;
  bytes(length: number): Buffer;
  /** `wr…` */
  chatId(): string;
  /** Of a bot's callback: base64 in the style of a serialised record. */
  messageId(): string;
  /** Of an app's callback: 64 bits, more than a JSON number holds. */
  appMessageId(): string;
  /** 32 random bytes as 43 characters of unpadded base64. */
  aesKey(): string;
  /** A decimal number below 2^31, as the platform's nonces are. */
  nonce(): string;
};

/** `random` gives 0 ≤ x < 1. */
export function createIds(random: () => number): Ids {
  const pick = (alphabet: string, length: number): string =>
    Array.from({ length }, () => alphabet[Math.floor(random() * alphabet.length)]).join('');
  const bytes = (length: number): Buffer =>
    Buffer.from(Array.from({ length }, () => Math.floor(random() * 256)));
  const word = (length: number): string => pick(base64Alphabet.slice(0, -2), length);
  let appMessages = 0n;
  return {
    hex: (length) => pick('0123456789abcdef', length),
    word,
    bytes,
    chatId: () => `wr${word(30)}`,
    messageId: () => `CAIQ${pick(base64Alphabet, 39)}=`,
    appMessageId() {
      appMessages += 1n;
      return String(7_400_000_000_000_000_001n + appMessages * 1_000_003n);
    },
    aesKey: () => bytes(32).toString('base64').slice(0, 43),
    nonce: () => String(Math.floor(random() * 2 ** 31)),
  };
}
