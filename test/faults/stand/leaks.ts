/** Finds secrets where they do not belong. */
export type LeakFinder = {
  look(place: string, text: string): void;
  /** Each place once, without the secret. */
  found(): readonly string[];
};

/** A secret this short stands in texts by chance. */
const shortestSecret = 6;

export function createLeakFinder(secrets: readonly string[]): LeakFinder {
  const wanted = secrets.filter((secret) => secret.length >= shortestSecret);
  const found = new Set<string>();
  return {
    look(place, text) {
      for (const [index, secret] of wanted.entries())
        if (text.includes(secret)) found.add(`secret ${index} stands in ${place}`);
    },
    found: () => [...found],
  };
}
