import { brokenInbound } from './inbound.ts';
import { brokenReplies } from './replies.ts';
import { brokenRest } from './rest.ts';
import type { Broken } from './tools.ts';

/** Adapters that are each broken in one way: what the suite is worth. */
export const brokenAdapters: readonly Broken[] = [...brokenInbound, ...brokenReplies, ...brokenRest];
