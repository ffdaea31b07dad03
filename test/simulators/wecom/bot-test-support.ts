import { WecomCrypto } from '@wecom/aibot-node-sdk';
import { decrypt, getSignature } from '@wecom/crypto';
import { isObject, type JsonObject } from '../feishu/json.ts';
import type { WeComSimulatorOptions } from './options.ts';
import { serve, setStage, type Answered, type Heard, type Stage } from './test-support.ts';

export type Bot = Stage & {
  /** Decrypted bodies of the callbacks, oldest first. */
  readonly heard: JsonObject[];
  readonly url: string;
};

/** What a bot says to a callback: a plain reply to be encrypted, nothing, or a raw answer. */
export type Reaction = (
  body: JsonObject,
  sealed: Sealer,
) => Answered | JsonObject | undefined | Promise<Answered | undefined>;
/** Encrypts and signs a reply as the answer to the callback at hand. */
export type Sealer = (reply: JsonObject) => Answered;

/** A bot on the official crypto of both packages, behind its address in the console. */
export async function botStage(
  ends: (() => unknown)[],
  react: Reaction,
  options?: WeComSimulatorOptions,
): Promise<Bot> {
  const set = await setStage(ends, options);
  const { botToken, botEncodingAesKey } = set.sim.corp;
  const crypto = new WecomCrypto(botToken, botEncodingAesKey, '');
  const heard: JsonObject[] = [];
  const url = await serve(ends, async (request: Heard) => {
    const [signature, timestamp, nonce] = ['msg_signature', 'timestamp', 'nonce'].map(
      (name) => request.query.get(name) ?? '',
    ) as [string, string, string];
    const encrypted = request.query.get('echostr') ?? String(JSON.parse(request.body || '{}').encrypt);
    if (signature !== getSignature(botToken, timestamp, nonce, encrypted)) return { status: 401 };
    const { message, id } = decrypt(botEncodingAesKey, encrypted);
    if (id !== '') return { status: 400 };
    if (request.method === 'GET') return { body: message };
    const body: unknown = JSON.parse(message);
    if (!isObject(body)) return { status: 400 };
    heard.push(body);
    const seal: Sealer = (reply) => {
      const sealed = crypto.encrypt(JSON.stringify(reply), timestamp, nonce);
      const { encrypt, signature: msgsignature } = sealed;
      return { body: JSON.stringify({ encrypt, msgsignature, timestamp: Number(timestamp), nonce }) };
    };
    const given = await react(body, seal);
    return given === undefined ? {} : isAnswered(given) ? given : seal(given);
  });
  set.sim.useBotWebhook(url);
  return { ...set, heard, url };
}

function isAnswered(given: Answered | JsonObject): given is Answered {
  return 'status' in given || 'body' in given;
}

export const stream = (id: string, content: string, finish = false, more: JsonObject = {}): JsonObject => ({
  msgtype: 'stream',
  stream: { id, content, finish, ...more },
});

/** To the bot, in a group. */
export const hello = { kind: 'text', text: '@{bot} 你好' } as const;
