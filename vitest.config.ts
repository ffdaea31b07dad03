import { defineConfig } from 'vitest/config';

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
  },
});
