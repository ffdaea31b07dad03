import type { HttpFault } from '../feishu/http-faults.ts';
import { createBoundedList } from '../feishu/bounded-list.ts';
import { createAppApi } from './app/app-api.ts';
import { createAppCallback } from './app/app-callback.ts';
import { createBotCallbacks } from './bot-callbacks.ts';
import { createBotWebhook, type Refresh } from './bot-webhook/bot-webhook.ts';
import { createResponseUrls } from './bot-webhook/response-url.ts';
import type { ApiCall } from './calls.ts';
import type { WeComChange } from './changes.ts';
import type { CallbackTarget, Delivery } from './delivery.ts';
import { createFaultQueue } from './fault-queue.ts';
import { createHttpService, listen, type HttpRoute } from './http-service.ts';
import type { SimConnection } from './long-connection/connection.ts';
import type { FrameFault } from './long-connection/frame-fault.ts';
import { createGateway } from './long-connection/gateway.ts';
import type { WeComSimulatorOptions } from './options.ts';
import { createPeople, type People } from './people.ts';
import { appKeys, botKeys, type WeComCorp } from './platform.ts';
import { createPlatform } from './platform-setup.ts';
import { checkUrl, type UrlCheck } from './url-check.ts';
import { viewMessage, type MessageView } from './views.ts';
import type { World } from './world.ts';
import type { SimMessage } from './world-types.ts';

/** WeCom on 127.0.0.1: AI bot by long connection and by webhook, self-built app, media host, with people to act. */
export type WeComSimulator = People &
  Pick<
    World,
    'addUser' | 'addGroup' | 'users' | 'chats' | 'user' | 'chat' | 'directChat' | 'appChat' | 'message'
  > & {
    /** `http://127.0.0.1:port`: base address of the app's API, without a trailing slash. */
    readonly url: string;
    /** `ws://127.0.0.1:port`: the official SDK's `wsUrl`. */
    readonly wsUrl: string;
    /** Where pictures and files are; another port, as it is another host at WeCom. */
    readonly mediaUrl: string;
    readonly corp: WeComCorp;
    messages(chatId: string): readonly MessageView[];
    /** Every frame, request and passive reply, oldest first; bounded. */
    calls(): readonly ApiCall[];
    /** Those that were not answered with code 0. */
    refused(): readonly ApiCall[];
    clearCalls(): void;
    deliveries(): readonly Delivery[];
    subscribe(listener: (change: WeComChange) => void): () => void;
    /**
     * The next `times` HTTP calls meet the fault: `gettoken`, `message.send`, `message.recall`,
     * `message.update_template_card`, `media.get`, `media.upload`, `agent.get`, `aibot.response`, `media.download`,
     * `*` for any.
     */
    fault(api: string, fault: HttpFault, times?: number): void;
    /** The next `times` frames of this `cmd` (`*`: any) meet the fault. */
    frameFault(cmd: string, fault: FrameFault, times?: number): void;
    clearFaults(): void;
    connections(): readonly SimConnection[];
    /** Resolves when a long connection is subscribed; rejects when the signal aborts. */
    connected(signal: AbortSignal): Promise<void>;
    /** Another process logs in with the same bot: the connection gets `disconnected_event` and is closed. */
    evict(): void;
    /** Answers new long connections with this HTTP status; undefined admits them again. */
    refuseConnections(status: number | undefined): void;
    /** The bot's callbacks go here from now on, and its long connection ends; undefined returns to that. */
    useBotWebhook(target: CallbackTarget | undefined): void;
    /** What the console does when the bot's address is saved. */
    checkBotUrl(target: CallbackTarget): Promise<UrlCheck>;
    /** One more refresh, of any stream id, also a finished or unknown one, for a person's message. */
    refreshStream(message: SimMessage, streamId: string): Promise<Refresh>;
    /** The app's callbacks go here from now on; without an address they are lost. */
    useAppWebhook(target: CallbackTarget | undefined): void;
    checkAppUrl(target: CallbackTarget): Promise<UrlCheck>;
    /** The app's access token stops working before its time. */
    revokeTokens(): void;
    /** Whether our address is among the app's trusted ones; otherwise 60020. */
    trustAddress(trusted: boolean): void;
    stop(): Promise<void>;
  };

const rememberedDeliveries = 20_000;

export async function startWeComSimulator(options: WeComSimulatorOptions = {}): Promise<WeComSimulator> {
  const stopping = new AbortController();
  const urls = { api: '', media: '' };
  const platform = createPlatform(options, { api: () => urls.api, media: () => urls.media }, stopping.signal);
  const { world, corp, calls, changes } = platform;
  const httpFaults = createFaultQueue<HttpFault>();
  const frameFaults = createFaultQueue<FrameFault>();
  const deliveries = createBoundedList<Delivery>(rememberedDeliveries);
  const record = (delivery: Delivery): void => deliveries.push(delivery);

  const gateway = createGateway(platform, frameFaults);
  const webhook = createBotWebhook(platform);
  const responseUrls = createResponseUrls(platform);
  const bot = createBotCallbacks(platform, { gateway, webhook, responseUrls, record });
  const app = createAppCallback(platform);
  const api = createAppApi(platform);
  const people = createPeople({ platform, bot, app, record, responseCode: api.messages.responseCode });

  const routes: Readonly<Record<string, HttpRoute>> = {
    ...api.routes,
    'POST /cgi-bin/aibot/response': {
      api: 'aibot.response',
      handle: (request) => responseUrls.serve(request),
    },
  };
  const mediaRoute: HttpRoute = { api: 'media.download', handle: (request) => platform.media.serve(request) };
  const shared = { platform, faults: httpFaults };
  const apiServer = createHttpService({
    ...shared,
    channel: 'api',
    route: (method, path) => routes[`${method} ${path}`],
  });
  const mediaServer = createHttpService({
    ...shared,
    channel: 'media',
    route: (method) => (method === 'GET' ? mediaRoute : undefined),
  });
  apiServer.on('upgrade', (request, socket, head) => gateway.upgrade(request, socket, head));
  urls.api = await listen(apiServer, options.port ?? 0);
  urls.media = await listen(mediaServer, options.mediaPort ?? 0);

  return {
    ...people,
    ...pickWorld(world),
    url: urls.api,
    wsUrl: urls.api.replace(/^http/, 'ws'),
    mediaUrl: urls.media,
    corp,
    messages: (chatId) => world.messages(chatId).map(viewMessage),
    calls: () => calls.all(),
    refused: () => calls.refused(),
    clearCalls: () => calls.clear(),
    deliveries: () => deliveries.all(),
    subscribe: (listener) => changes.subscribe(listener),
    fault: (name, fault, times) => httpFaults.add(name, fault, times),
    frameFault: (cmd, fault, times) => frameFaults.add(cmd, fault, times),
    clearFaults() {
      httpFaults.clear();
      frameFaults.clear();
    },
    connections: () => gateway.connections(),
    connected: (signal) => gateway.connected(signal),
    evict: () => gateway.evict(),
    refuseConnections: (status) => gateway.refuseUpgrades(status),
    useBotWebhook(target) {
      webhook.use(target);
      gateway.setOpen(target === undefined);
    },
    checkBotUrl: (target) => checkUrl(target, botKeys(corp), platform),
    refreshStream(message, streamId) {
      const callback = bot.callback(message.messageId);
      if (callback === undefined) throw new Error('no callback is remembered for this message');
      return webhook.refresh(callback, streamId);
    },
    useAppWebhook: (target) => app.use(target),
    checkAppUrl: (target) => checkUrl(target, appKeys(corp), platform),
    revokeTokens: () => api.tokens.revoke(),
    trustAddress: (trusted) => api.trustAddress(trusted),
    async stop() {
      stopping.abort();
      gateway.close();
      for (const server of [apiServer, mediaServer]) {
        server.closeAllConnections();
        if (server.listening) await new Promise((resolve) => server.close(resolve));
      }
    },
  };
}

function pickWorld(
  world: World,
): Pick<
  World,
  'addUser' | 'addGroup' | 'users' | 'chats' | 'user' | 'chat' | 'directChat' | 'appChat' | 'message'
> {
  const { addUser, addGroup, users, chats, user, chat, directChat, appChat, message } = world;
  return { addUser, addGroup, users, chats, user, chat, directChat, appChat, message };
}
