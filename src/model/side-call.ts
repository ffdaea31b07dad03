import type { Endpoint } from './endpoint.ts';
import { isRecord } from './error-words.ts';
import { readText } from './response-text.ts';
import type { Transport } from './transport.ts';

/** What is needed to ask a server something beside a chat. */
export type SideCalls = {
  readonly endpoint: Endpoint;
  readonly transport: Transport;
  readonly headers: Readonly<Record<string, string>>;
};

export type SideAnswer = { readonly status: number; readonly text: string };

/** A page of metrics with its histograms stays far below this; the rest is not read. */
const maxBytes = 1_048_576;

/** Asks `path` of the server's own root; with a body it is a POST. Rejects as the transport does. */
export async function sideCall(
  { endpoint, transport, headers }: SideCalls,
  path: string,
  signal: AbortSignal,
  body?: Readonly<Record<string, string>>,
): Promise<SideAnswer> {
  const url = `${endpoint.rootUrl}${path}`;
  const response =
    body === undefined
      ? await transport.get(url, headers, signal)
      : await transport.query(url, headers, JSON.stringify(body), signal);
  response.body.on('error', () => undefined);
  return { status: response.statusCode, text: await readText(response.body, maxBytes) };
}

/** The JSON object found at `path`; undefined for anything else, a failure included. Never rejects. */
export async function sideFacts(
  calls: SideCalls,
  path: string,
  signal: AbortSignal,
  body?: Readonly<Record<string, string>>,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  try {
    const { status, text } = await sideCall(calls, path, signal, body);
    const value: unknown = status === 200 ? JSON.parse(text) : undefined;
    return isRecord(value) ? value : undefined;
  } catch {
    // An engine that does not know the path, a gateway's page: no facts.
    return undefined;
  }
}
