const mebibyte = 1024 * 1024;

/** Bytes of each type of temporary media (document 96484). */
export const maxMediaBytes: ReadonlyMap<string, number> = new Map([
  ['image', 10 * mebibyte],
  ['voice', 2 * mebibyte],
  ['video', 10 * mebibyte],
  ['file', 20 * mebibyte],
]);

/** Everything uploaded must be longer than 5 bytes (document 96484). */
export const minMediaBytes = 6;
