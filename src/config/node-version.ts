/**
 * The first releases without CVE-2026-111497 (a peer's Brotli data writes out of bounds when a response is inflated), by
 * major version; a major version that is not listed and lies below 26 was never mended.
 */
const PATCHED: ReadonlyMap<number, { readonly minor: number; readonly patch: number }> = new Map([
  [24, { minor: 22, patch: 1 }],
  [26, { minor: 12, patch: 1 }],
]);

/** One sentence when this Node (`24.21.0`) has that hole; undefined when it is mended. */
export function nodeVersionWarning(version: string): string | undefined {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number);
  const floor = PATCHED.get(major);
  const mended =
    floor === undefined ? major > 26 : minor > floor.minor || (minor === floor.minor && patch >= floor.patch);
  if (mended) return undefined;
  return `Node ${version} has CVE-2026-111497 (Brotli); run 24.22.1, 26.12.1 or later in production.`;
}
