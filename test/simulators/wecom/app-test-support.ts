import { isObject, type JsonObject } from '../feishu/json.ts';
import type { WeComSimulatorOptions } from './options.ts';
import { setStage, type Stage } from './test-support.ts';

/** A stage with plain calls of the self-built app's API. */
export type ApiStage = Stage & {
  readonly get: (path: string) => Promise<JsonObject>;
  readonly post: (path: string, body: JsonObject | FormData) => Promise<JsonObject>;
  readonly token: (secret?: string) => Promise<string>;
  /** Sends a text to Alice unless told otherwise. */
  readonly send: (body?: JsonObject, token?: string) => Promise<JsonObject>;
  readonly shown: () => readonly string[];
};

/** No SDK covers this API. Each call asks for its token anew. */
export async function apiStage(ends: (() => unknown)[], options?: WeComSimulatorOptions): Promise<ApiStage> {
  const set = await setStage(ends, options);
  const { sim, alice } = set;
  const decoded = async (response: Response): Promise<JsonObject> => {
    const json: unknown = await response.json();
    return isObject(json) ? json : {};
  };
  const get = async (path: string) => decoded(await fetch(sim.url + path));
  const post = async (path: string, body: JsonObject | FormData) =>
    decoded(
      await fetch(sim.url + path, {
        method: 'POST',
        body: body instanceof FormData ? body : JSON.stringify(body),
      }),
    );
  const token = async (secret = sim.corp.agentSecret): Promise<string> => {
    const issued = await get(`/cgi-bin/gettoken?corpid=${sim.corp.corpId}&corpsecret=${secret}`);
    return String(issued['access_token']);
  };
  return {
    ...set,
    get,
    post,
    token,
    send: async (body = {}, given?: string) =>
      post(`/cgi-bin/message/send?access_token=${given ?? (await token())}`, {
        touser: alice.userId,
        msgtype: 'text',
        agentid: sim.corp.agentId,
        text: { content: '你好' },
        ...body,
      }),
    shown: () => sim.messages(sim.appChat(alice).chatId).map(({ text }) => text),
  };
}
