import { EventEmitter, once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { JsonObject } from '../../feishu/json.ts';
import { rememberIn } from '../bounded-map.ts';
import type { Callback } from '../callback.ts';
import { invalidRequest, WeComFault } from '../fault.ts';
import type { FaultQueue } from '../fault-queue.ts';
import type { Platform } from '../platform.ts';
import { createConnection, type Command, type SimConnection } from './connection.ts';
import type { FrameFault } from './frame-fault.ts';
import { pushMessage } from './push-message.ts';
import { respondMessage, respondUpdate, respondWelcome } from './respond.ts';
import { createUploads } from './uploads.ts';

/** The AI bot's long connection: at most one is subscribed. */
export type Gateway = {
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  connections(): readonly SimConnection[];
  active(): SimConnection | undefined;
  /** Hands a callback to the subscribed connection; false when there is none, and it is lost. */
  deliver(cmd: 'aibot_msg_callback' | 'aibot_event_callback', callback: Callback, body: JsonObject): boolean;
  /** Another process logs in: `disconnected_event` to the connection there is, then its end. */
  evict(): void;
  /** Refuses subscriptions while the bot is set to webhook in the console, and ends the connection there is. */
  setOpen(open: boolean): void;
  /** Refuses the opening of connections with this HTTP status; undefined lets them in again. */
  refuseUpgrades(status: number | undefined): void;
  /** Resolves when a connection is subscribed; rejects with the signal's reason when that aborts first. */
  connected(signal: AbortSignal): Promise<void>;
  close(): void;
};

/** What a req_id may be used for. */
type Request = { readonly callback: Callback; readonly connectionId: string };

const rememberedRequests = 20_000;

export function createGateway(platform: Platform, faults: FaultQueue<FrameFault>): Gateway {
  const server = new WebSocketServer({ noServer: true });
  const uploads = createUploads(platform);
  const changed = new EventEmitter().setMaxListeners(0);
  const open = new Set<SimConnection>();
  const requests = new Map<string, Request>();
  let active: SimConnection | undefined;
  let admitting = true;
  let refusal: number | undefined;

  function subscribe({ body, connection }: Command): undefined {
    const { botId, botSecret } = platform.corp;
    if (!admitting || body['bot_id'] !== botId) throw new WeComFault(93019, 'invalid bot_id');
    if (body['secret'] !== botSecret) throw new WeComFault(853000, 'signature incorrect');
    if (active !== connection) evict();
    active = connection;
    connection.setSubscribed(true);
    changed.emit('subscribed');
    return undefined;
  }

  function evict(): void {
    const evicted = active;
    if (evicted === undefined) return;
    active = undefined;
    const { corp, ids } = platform;
    evicted.push('aibot_event_callback', ids.hex(24), {
      msgid: ids.messageId(),
      create_time: Math.floor(platform.now() / 1000),
      aibotid: corp.botId,
      msgtype: 'event',
      event: { eventtype: 'disconnected_event' },
    });
    evicted.setSubscribed(false);
    evicted.kick();
  }

  function callbackOf({ reqId, connection }: Command): Callback {
    const request = requests.get(reqId);
    const known =
      request !== undefined && platform.now() - request.callback.atMs < platform.rules.limits.replyMs;
    if (!known) throw invalidRequest();
    if (!platform.rules.requestsSurviveReconnect && request.connectionId !== connection.id)
      throw invalidRequest();
    return request.callback;
  }

  const commands: Readonly<Record<string, (command: Command) => JsonObject | undefined>> = {
    aibot_respond_msg: (command) => respondMessage(command, callbackOf(command), platform),
    aibot_respond_welcome_msg: (command) => respondWelcome(command, callbackOf(command), platform),
    aibot_respond_update_msg: (command) => respondUpdate(command, callbackOf(command), platform),
    aibot_send_msg: (command) => pushMessage(command, platform),
    aibot_upload_media_init: ({ body }) => uploads.init(body),
    aibot_upload_media_chunk: ({ body }) => uploads.chunk(body),
    aibot_upload_media_finish: ({ body }) => uploads.finish(body),
  };

  function handle(command: Command): JsonObject | undefined {
    if (command.name === 'ping') return undefined; // also answered on a connection that is not subscribed
    if (command.name === 'aibot_subscribe') return subscribe(command);
    const run = commands[command.name];
    if (run === undefined) throw new WeComFault(40058, 'invalid cmd');
    if (!command.connection.subscribed()) throw new WeComFault(846609, 'websocket not subscribed');
    return run(command);
  }

  return {
    upgrade(request, socket, head) {
      if (refusal !== undefined) {
        socket.end(`HTTP/1.1 ${refusal} Refused\r\nConnection: close\r\n\r\n`);
        return;
      }
      server.handleUpgrade(request, socket, head, (client) => {
        const connection = createConnection(client, { platform, faults, handle });
        open.add(connection);
        client.on('close', () => {
          open.delete(connection);
          if (active === connection) active = undefined;
          platform.changes.emit({ type: 'connections-changed' });
        });
      });
    },
    connections: () => [...open],
    active: () => active,
    deliver(cmd, callback, body) {
      if (active?.subscribed() !== true) return false;
      const reqId = platform.ids.word(24);
      rememberIn(requests, reqId, { callback, connectionId: active.id }, rememberedRequests);
      active.push(cmd, reqId, body);
      return true;
    },
    evict,
    setOpen(value) {
      admitting = value;
      if (!value) evict();
    },
    refuseUpgrades(status) {
      refusal = status;
    },
    async connected(signal) {
      while (active?.subscribed() !== true) await once(changed, 'subscribed', { signal });
    },
    close() {
      for (const connection of open) connection.drop();
      server.close();
    },
  };
}
