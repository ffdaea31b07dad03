import type { MediaRef } from '../../src/contract/ids.ts';
import type { MediaBody } from '../../src/contract/media.ts';
import { invalidReference } from './api.ts';
import { readMediaRef } from './decode/ids.ts';
import type { FeishuOperations } from './operations.ts';

/**
 * A picture a person sent. By the message's own resource API: the one for image keys alone gives only pictures that
 * this app itself uploaded (code 234008).
 */
export async function fetchFeishuMedia(
  operations: Pick<FeishuOperations, 'openImage'>,
  ref: MediaRef,
  signal: AbortSignal,
): Promise<MediaBody> {
  const found = readMediaRef(ref);
  if (found === undefined) throw invalidReference('media reference');
  return operations.openImage(found.messageId, found.imageKey, signal);
}
