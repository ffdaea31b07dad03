import { describe, expect, it } from 'vitest';
import { parseEntry, writeEntry } from '../../../src/config/access.ts';

describe('an entry of ADMINS, ALLOW and /allow', () => {
  it.each([
    ['parrot:p1', { kind: 'person', platform: 'parrot', id: 'p1' }],
    ['parrot:$:LWCP_v1:$a+/=', { kind: 'person', platform: 'parrot', id: '$:LWCP_v1:$a+/=' }],
    ['parrot:chat:c:1', { kind: 'chat', platform: 'parrot', id: 'c:1' }],
    ['parrot:chatty', { kind: 'person', platform: 'parrot', id: 'chatty' }],
    ['parrot:*', { kind: 'platform', platform: 'parrot', id: '' }],
  ])('%s is read, and written the same way', (written, entry) => {
    expect(parseEntry(written)).toEqual(entry);
    const read = parseEntry(written);
    expect(read && writeEntry(read)).toBe(written);
  });

  it.each([
    '',
    'parrot',
    ':p1',
    'parrot:',
    'parrot:chat:',
    'parrot:chat:*',
    'parrot:小红',
    'parrot：p1',
    'parrot:p 1',
  ])('“%s” is none', (written) => {
    expect(parseEntry(written)).toBeUndefined();
  });
});
