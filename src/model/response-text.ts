import type { Dispatcher } from 'undici';

/** Reads at most `maxBytes` of a body as text and lets go of the rest. Never more is kept. */
export async function readText(body: Dispatcher.ResponseData['body'], maxBytes: number): Promise<string> {
  const decoder = new TextDecoder('utf-8');
  let text = '';
  let bytes = 0;
  for await (const part of body as AsyncIterable<Uint8Array>) {
    bytes += part.byteLength;
    text += decoder.decode(part, { stream: true });
    if (bytes >= maxBytes) break;
  }
  return text + decoder.decode();
}

/** `Retry-After` as seconds or as an HTTP date, in milliseconds from `now`; undefined when absent or senseless. */
export function readRetryAfter(header: string | string[] | undefined, now: Date): number | undefined {
  const value = typeof header === 'string' ? header.trim() : header?.[0]?.trim();
  if (value === undefined || value === '') return undefined;
  const milliseconds = /^\d+(\.\d+)?$/.test(value)
    ? Number(value) * 1_000
    : Date.parse(value) - now.getTime();
  return Number.isFinite(milliseconds) ? Math.max(0, milliseconds) : undefined;
}
