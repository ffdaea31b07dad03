import { isObject, parseJson, stringOf, type JsonObject } from '../../feishu/json.ts';
import { decryptCallback, signCallback } from '../encryption.ts';
import { WeComFault } from '../fault.ts';
import { botKeys, type Platform } from '../platform.ts';

/**
 * The plain text of a passive reply; undefined for an empty body, which answers nothing. Refuses with the codes of the
 * official libraries: -40002 is no JSON, -40001 wrong signature, -40005 to -40008 wrong encryption.
 */
export function openReply(body: string, nonce: string, platform: Platform): JsonObject | undefined {
  if (body === '') return undefined;
  const keys = botKeys(platform.corp);
  const reply = parseJson(body);
  if (!isObject(reply)) throw new WeComFault(-40002, 'parse json error');
  const encrypted = stringOf(reply['encrypt']);
  const { timestamp } = reply;
  const numeric = typeof timestamp === 'number' || (typeof timestamp === 'string' && /^\d+$/.test(timestamp));
  if (encrypted === undefined || !numeric) throw new WeComFault(-40002, 'parse json error');
  if (reply['nonce'] !== nonce) throw new WeComFault(-40001, 'the nonce is not that of the callback');
  if (reply['msgsignature'] !== signCallback(keys.token, String(timestamp), nonce, encrypted))
    throw new WeComFault(-40001, 'invalid signature');
  const plain = parseJson(decryptCallback(encrypted, keys));
  if (!isObject(plain)) throw new WeComFault(-40002, 'parse json error');
  return plain;
}
