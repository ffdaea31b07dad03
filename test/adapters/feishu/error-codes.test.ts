import { expect, it } from 'vitest';
import { readRefusal } from '../../../adapters/feishu/error-codes.ts';

const refusal = (body: object, status = 400, headers = {}) => readRefusal({ status, headers, body });

it.each([
  [230002, 'target-gone'],
  [230006, 'forbidden'],
  [230011, 'target-gone'],
  [230013, 'target-gone'],
  [230018, 'forbidden'],
  [230020, 'rate-limited'],
  [230022, 'content-rejected'],
  [230025, 'too-large'],
  [230027, 'forbidden'],
  [230028, 'content-rejected'],
  [230031, 'reply-closed'],
  [230035, 'forbidden'],
  [230049, 'unavailable'],
  [230053, 'target-gone'],
  [230054, 'unsupported'],
  [230055, 'invalid'],
  [230110, 'target-gone'],
  [231003, 'target-gone'],
  [232009, 'target-gone'],
  [234004, 'target-gone'],
  [234009, 'forbidden'],
  [234037, 'too-large'],
  [234043, 'unsupported'],
  [200740, 'reply-closed'],
  [200750, 'reply-closed'],
  [200810, 'unavailable'],
  [200850, 'reply-closed'],
  [200860, 'too-large'],
  [300120, 'unavailable'],
  [300305, 'too-large'],
  [300309, 'reply-closed'],
  [300311, 'forbidden'],
  [300313, 'invalid'],
  [300317, 'invalid'],
  [99991400, 'rate-limited'],
  [99991401, 'forbidden'],
  [99991403, 'quota-exhausted'],
  [99991661, 'unauthorized'],
  [99991663, 'unauthorized'],
  [99991672, 'forbidden'],
  [99992402, 'invalid'],
  [987654321, 'invalid'],
])('code %d means %s', (code, meaning) => {
  expect(refusal({ code, msg: 'words' })).toMatchObject({ code: meaning, platformCode: String(code) });
});

it.each([
  [
    'ErrCode: 11310; ErrMsg: card table number over limit; ErrorValue: table;',
    '230099/11310-tables',
    'too-large',
  ],
  ['ErrCode: 11310; ErrMsg: element exceeds the limit; ErrorValue: x', '230099/11310-elements', 'too-large'],
  ['ErrCode: 11310; ErrMsg: card action is lock', '230099/11310-lock', 'unavailable'],
  ['ErrCode: 11310; ErrMsg: template is not visible to app', '230099/11310', 'invalid'],
  ['ErrCode: 200570; ErrPath: ROOT', '230099/200570', 'invalid'],
  ['ErrCode:100290;', '230099/100290', 'invalid'],
  ['no sub-code at all', '230099', 'invalid'],
])('230099 with "%s" is %s', (words, platformCode, code) => {
  expect(refusal({ code: 230099, msg: `Failed to create card content, ext=${words}` })).toMatchObject({
    platformCode,
    code,
  });
});

it.each([
  [429, {}, 'rate-limited', 'http 429'],
  [500, undefined, 'unavailable', 'http 500'],
  [502, {}, 'unavailable', 'http 502'],
  [401, {}, 'unauthorized', 'http 401'],
  [403, {}, 'forbidden', 'http 403'],
  [404, undefined, 'invalid', 'http 404'],
  [200, undefined, 'unavailable', 'http 200'],
  [200, { code: '0' }, 'unavailable', 'http 200'],
  [302, undefined, 'unavailable', 'http 302'],
])('HTTP %d with %j is %3$s', (status, body, code, platformCode) => {
  expect(readRefusal({ status, headers: {}, body })).toMatchObject({ code, platformCode });
});

it('code 0 under HTTP 200 is no refusal', () => {
  expect(refusal({ code: 0 }, 200)).toBeUndefined();
});

it('keeps the log id from either place, unless it is more than an id', () => {
  expect(refusal({ code: 1, error: { log_id: '2026ABC' } })?.logId).toBe('2026ABC');
  expect(refusal({ code: 1 }, 400, { 'x-tt-logid': '02F' })?.logId).toBe('02F');
  expect(refusal({ code: 1, error: { log_id: 'words and more' } })?.logId).toBeUndefined();
});

it('names missing permissions from either place', () => {
  const msg =
    'Access denied. One of the following scopes is required: [im:message, im:message:readonly].应用尚未开通：[x]';
  expect(refusal({ code: 99991672, msg })?.missingScopes).toEqual(['im:message', 'im:message:readonly']);
  const error = { permission_violations: [{ type: 'action_scope_required', subject: 'cardkit:card:write' }] };
  expect(refusal({ code: 99991672, msg, error })?.missingScopes).toEqual(['cardkit:card:write']);
});
