import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** The files that take minutes begin first, or one of them runs alone at the end while the second processor idles. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const long = ({ moduleId }: TestSpecification): number =>
      moduleId.includes('/test/faults/') ? 0 : moduleId.includes('/test/e2e/') ? 1 : 2;
    return (await super.sort(files)).toSorted((one, other) => long(one) - long(other));
  }
}

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Real processes and real sockets: a slow machine may take long, a hang must still end.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // CI machines are shared: there a failed test is tried once more, and the report names it. On a developer's, never.
    retry: process.env['CI'] === undefined ? 0 : 1,
    pool: 'forks',
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
  },
});
