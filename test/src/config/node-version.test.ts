import { expect, it } from 'vitest';
import { nodeVersionWarning } from '../../../src/config/node-version.ts';

it.each(['24.0.0', '24.21.0', '24.22.0', '25.9.9', '26.11.0', '26.12.0'])('warns about %s', (version) => {
  expect(nodeVersionWarning(version)).toContain(version);
});

it.each(['24.22.1', '24.23.0', '26.12.1', '27.0.0'])('has nothing against %s', (version) => {
  expect(nodeVersionWarning(version)).toBeUndefined();
});
