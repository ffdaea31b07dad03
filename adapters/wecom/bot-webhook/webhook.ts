import type { WebhookRequest, WebhookResponse, WebhookRoute } from '../../../src/contract/adapter.ts';
import type { Clock, Logger } from '../../../src/contract/runtime.ts';
import { createCallbackCount, type CallbacksSeen } from '../../shared/callback-count.ts';
import { parseJson, read, readText } from '../../shared/json.ts';
import { createRecentKeys } from '../../shared/recent-keys.ts';
import { unsupported } from '../api.ts';
import { encryptText, readAesKey, signatureOf } from '../callback/crypto.ts';
import { answerCheck, createVerifier, REFUSAL } from '../callback/verify.ts';
import type { CallbackKeys } from '../config.ts';
import type { Decoded } from '../decode/decoded.ts';
import type { InboxGate } from '../../shared/inbox-gate.ts';
import type { Mirror } from './mirror.ts';
import { streamIdOf, type Stream, type StreamAnswer, type Streams } from './streams.ts';

type WebhookOptions = {
  readonly keys: CallbackKeys;
  readonly streams: Streams;
  readonly mirror: Mirror;
  readonly intake: InboxGate;
  readonly decode: (body: unknown, receivedAt: Date) => Decoded;
  readonly clock: Clock;
  readonly uuid: () => string;
  readonly log: Logger;
  /** Aborts when the adapter stops. */
  readonly stopped: AbortSignal;
};

export type BotWebhook = {
  readonly route: WebhookRoute;
  /** What came since the start, and what was refused. */
  readonly seen: () => CallbacksSeen;
  /** The welcome for an `enter_chat` that is being answered; throws when none waits for it. */
  readonly welcome: (msgid: string, text: string) => void;
};

/** The first answer is to come within 1.5 s; a reply that has no words by then begins with dots. */
const FIRST_WORDS_MS = 1_000;
/** A stream that is unknown may be one that is being taken up after a restart. */
const TAKEN_UP_MS = 1_200;
const RESTART_GRACE_MS = 20_000;
/** A stream that is silent for longer may have been taken up by another replica. */
const SILENT_MS = 3_000;
/** Streams remembered of which a frame has been given. */
const MAX_NAMED = 5_000;
const EMPTY: WebhookResponse = { status: 200 };

/** Which of our settings a refused request does not match, by the reason in the log. */
const MISMATCHES: ReadonlyMap<string, string> = new Map([
  ['signature', 'WECOM_BOT_TOKEN'],
  ['decryption', 'WECOM_BOT_ENCODING_AES_KEY'],
]);

/** `GET|POST /webhooks/wecom/bot` (paths 101033, 100719, 101031). */
export function createBotWebhook(options: WebhookOptions): BotWebhook {
  const { keys, streams, mirror, intake, decode, clock, uuid, log, stopped } = options;
  const verifier = createVerifier(keys);
  const key = readAesKey(keys.encodingAesKey) ?? Buffer.alloc(32);
  const startedAt = clock.now().getTime();
  const welcomes = new Map<string, (text: string) => void>(); // each for one request, a second at most
  const count = createCallbackCount(clock);

  function sealed(reply: object, nonce: string): WebhookResponse {
    const random = Buffer.from(uuid().replaceAll('-', ''), 'hex');
    const encrypt = encryptText(JSON.stringify(reply), key, keys.receiveId, random);
    const timestamp = Math.floor(clock.now().getTime() / 1000);
    const msgsignature = signatureOf(keys.token, String(timestamp), nonce, encrypt);
    return {
      status: 200,
      headers: { 'content-type': 'application/json; charset=utf-8' },
      body: JSON.stringify({ encrypt, msgsignature, timestamp, nonce }),
    };
  }

  function streamFrame(id: string, { finish, content }: StreamAnswer, stream: Stream | undefined): object {
    // Ratings come with the opening's key; only a stream's first frame may name it.
    const first = stream?.key !== undefined && !named.has(id) ? { feedback: { id: stream.key } } : {};
    if (stream?.key !== undefined) named.add(id);
    return { msgtype: 'stream', stream: { id, finish, content, ...first } };
  }
  const named = createRecentKeys(MAX_NAMED);

  /** The answer of the replica that shows this stream, if it is not this one. */
  function elsewhere(id: string): Promise<StreamAnswer | undefined> {
    const mine = streams.find(id);
    const sure =
      mine !== undefined && (mine.state() !== 'live' || (mine.begun() && mine.quietMs() < SILENT_MS));
    return sure ? Promise.resolve(undefined) : mirror.ask(id, mine);
  }

  /** WeCom asks how far a stream is: answered from memory, this process's or all replicas', never from the work itself. */
  async function poll(id: string): Promise<object> {
    const told = await elsewhere(id);
    if (told !== undefined) {
      named.add(id);
      return streamFrame(id, told, undefined);
    }
    const restarted = clock.now().getTime() - startedAt < RESTART_GRACE_MS;
    const stream =
      streams.find(id) ?? (restarted ? await streams.await(id, TAKEN_UP_MS, stopped) : undefined);
    named.add(id);
    return streamFrame(id, stream?.answer() ?? streams.bury(id), stream);
  }

  async function message(body: unknown, msgid: string): Promise<object | undefined> {
    const receivedAt = clock.now();
    const decoded = decode(body, receivedAt);
    if ('ignored' in decoded) return ignore(decoded.ignored, msgid);
    const { outcome } = await intake.enter((take) => take(decoded.event));
    if (outcome === 'ignored') return undefined;
    const id = streamIdOf(msgid);
    if (outcome === 'accepted') streams.open(id, receivedAt.getTime());
    const told = outcome === 'accepted' ? undefined : await elsewhere(id);
    if (told !== undefined) return streamFrame(id, told, undefined);
    const leftMs = (): number => FIRST_WORDS_MS - (clock.now().getTime() - receivedAt.getTime());
    const stream = await streams.await(id, leftMs(), stopped);
    await stream?.until(stream.begun, leftMs(), stopped);
    return streamFrame(id, stream?.answer() ?? streams.bury(id), stream);
  }

  async function event(body: unknown, msgid: string): Promise<object | undefined> {
    const decoded = decode(body, clock.now());
    if ('ignored' in decoded) return ignore(decoded.ignored, msgid);
    if (decoded.event.type !== 'joined') {
      await intake.enter((take) => take(decoded.event));
      return undefined;
    }
    const over = new AbortController();
    let text: string | undefined;
    welcomes.set(msgid, (given) => {
      text = given;
      over.abort();
    });
    try {
      const { outcome } = await intake.enter((take) => take(decoded.event));
      if (outcome === 'accepted') await clock.sleep(FIRST_WORDS_MS, AbortSignal.any([over.signal, stopped]));
    } finally {
      welcomes.delete(msgid);
    }
    return text === undefined ? undefined : { msgtype: 'text', text: { content: text } };
  }

  function ignore(reason: string, msgid: string): undefined {
    log.debug({ reason, msgid }, 'wecom event ignored');
  }

  async function take(body: unknown): Promise<object | undefined> {
    const msgtype = readText(body, 'msgtype');
    const msgid = readText(body, 'msgid') ?? '';
    if (msgtype === 'event') return event(body, msgid);
    if (msgtype !== 'stream') return message(body, msgid);
    const id = readText(body, 'stream', 'id');
    return id === undefined ? undefined : poll(id);
  }

  async function handle(request: WebhookRequest): Promise<WebhookResponse> {
    if (request.method === 'GET') return check(request);
    const envelope = parseJson(Buffer.from(request.body).toString('utf8'));
    const encrypted = readText(envelope, 'encrypt') ?? readText(envelope, 'Encrypt');
    const verified = verifier.open(request.query, encrypted);
    if (verified.type === 'refused') return refuse(verified.reason);
    const body = parseJson(verified.text);
    if (read(body, 'msgtype') === undefined) return refuse('content');
    count.genuine();
    try {
      const reply = await take(body);
      return reply === undefined ? EMPTY : sealed(reply, verified.nonce);
    } catch (error) {
      log.warn({ error }, 'wecom event not taken');
      return { status: 503 };
    }
  }

  function check(request: WebhookRequest): WebhookResponse {
    const answer = answerCheck(request, verifier);
    if ('reason' in answer) return refuse(answer.reason);
    count.genuine();
    return answer;
  }

  function refuse(reason: string): WebhookResponse {
    log.warn({ reason }, 'wecom webhook request refused');
    count.refused(MISMATCHES.get(reason) ?? 'form');
    return REFUSAL;
  }

  return {
    route: { methods: ['GET', 'POST'], path: '/webhooks/wecom/bot', handle },
    seen: count.seen,
    welcome(msgid, text) {
      const give = welcomes.get(msgid);
      if (give === undefined) throw unsupported('a message without an event to answer');
      give(text);
    },
  };
}
