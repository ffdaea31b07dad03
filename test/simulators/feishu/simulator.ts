import { once } from 'node:events';
import type { Server } from 'node:http';
import { createCallLog, type ApiCall } from './calls.ts';
import type { FeishuChange } from './changes.ts';
import type { SimConnection } from './connection.ts';
import { createConnectionHub } from './connection-hub.ts';
import { FeishuFault } from './fault.ts';
import { createFaultQueue, type HttpFault } from './http-faults.ts';
import { createApiServer } from './http-server.ts';
import { press, type ButtonChoice, type PressOutcome } from './interactions.ts';
import type { FeishuSimulatorOptions } from './options.ts';
import { createPeople, type People } from './people.ts';
import type { FeishuApp } from './platform.ts';
import { createPlatform } from './platform-setup.ts';
import { createPusher, type Delivery } from './push.ts';
import { createRandom } from './random.ts';
import { authRoutes } from './routes/auth.ts';
import { cardElementRoutes } from './routes/card-elements.ts';
import { cardUpdateRoutes } from './routes/card-update.ts';
import { cardRoutes } from './routes/cards.ts';
import { chatRoutes } from './routes/chats.ts';
import { imageRoutes } from './routes/images.ts';
import { messageEditRoutes } from './routes/message-edits.ts';
import { messageRoutes } from './routes/messages.ts';
import { reactionRoutes } from './routes/reactions.ts';
import { resourceRoutes } from './routes/resources.ts';
import { wsEndpointRoutes } from './routes/ws-endpoint.ts';
import { checkWebhookUrl, type UrlCheck } from './url-check.ts';
import { viewCard, viewMessage, type CardView, type MessageView } from './views.ts';
import type { WebhookTarget } from './webhook.ts';
import type { World } from './world.ts';
import type { SimMessage, SimResource, SimUser } from './world-types.ts';

/** Feishu on 127.0.0.1: REST, long connection and webhook sender, with a world of chats to act in. */
export type FeishuSimulator = People &
  Pick<World, 'addUser' | 'addChat' | 'users' | 'chats' | 'user' | 'chat' | 'directChat' | 'message'> & {
    /** `http://127.0.0.1:port`: the SDK's `domain`, without a trailing slash. */
    readonly url: string;
    readonly app: FeishuApp;
    /** Our bot as a user, for mentions. */
    readonly bot: SimUser;
    /** Presses a button of a shown card. */
    press(press: {
      readonly message: SimMessage;
      readonly button: ButtonChoice;
      readonly by: SimUser;
    }): Promise<PressOutcome>;
    /** An image the app uploaded, for pages that draw cards; people's images are in `message(id).resources`. */
    upload(imageKey: string): SimResource | undefined;
    messages(chatId: string): readonly MessageView[];
    /** By card id or message id. */
    card(id: string): CardView | undefined;
    /** Every API call, oldest first; bounded. */
    calls(): readonly ApiCall[];
    /** Calls that were not answered with code 0. */
    refused(): readonly ApiCall[];
    clearCalls(): void;
    deliveries(): readonly Delivery[];
    subscribe(listener: (change: FeishuChange) => void): () => void;
    /** The next `times` calls of this API (`*`: any) meet the fault. */
    fault(api: string, fault: HttpFault, times?: number): void;
    clearFaults(): void;
    connections(): readonly SimConnection[];
    /** Resolves when `count` long connections are open; rejects when the signal aborts. */
    connected(count: number, signal: AbortSignal): Promise<void>;
    /** Events go to this address from now on; undefined returns to the long connection. */
    useWebhook(target: WebhookTarget | undefined): void;
    /** What the console does when an address is saved. */
    checkWebhookUrl(target: WebhookTarget, token?: string): Promise<UrlCheck>;
    /** Every tenant access token issued so far stops working. */
    revokeTokens(): void;
    stop(): Promise<void>;
  };

export async function startFeishuSimulator(options: FeishuSimulatorOptions = {}): Promise<FeishuSimulator> {
  const stopping = new AbortController();
  const random = createRandom(options.seed ?? 1);
  const { platform, clock } = createPlatform(options, random);
  const { world, rules, changes } = platform;
  const calls = createCallLog(options.callCapacity ?? 50_000);
  const faults = createFaultQueue();
  const config = {
    ReconnectCount: -1,
    ReconnectInterval: 120,
    ReconnectNonce: 30,
    PingInterval: 120,
    ...options.clientConfig,
  };
  const hub = createConnectionHub({
    ids: platform.ids,
    random,
    config,
    maxConnections: rules.limits.connections,
    pongCarriesConfig: rules.pongCarriesConfig,
    now: () => platform.now(),
  });
  let url = '';
  const server = createApiServer({
    clock,
    ids: platform.ids,
    tokens: platform.tokens,
    limits: platform.limits,
    faults,
    signal: stopping.signal,
    checkScopes: scopeCheck(options.scopes, platform.app.appId),
    record(call) {
      calls.record(call);
      changes.emit({ type: 'call-made', call });
    },
    routes: [
      ...wsEndpointRoutes(platform, hub, () => url),
      ...[
        authRoutes,
        messageRoutes,
        messageEditRoutes,
        resourceRoutes,
        imageRoutes,
        reactionRoutes,
        chatRoutes,
      ].flatMap((routes) => routes(platform)),
      ...[cardRoutes, cardElementRoutes, cardUpdateRoutes].flatMap((routes) => routes(platform)),
    ],
  });
  server.on('upgrade', (request, socket, head) => hub.upgrade(request, socket, head));
  url = await listen(server, options.port ?? 0);
  const pusher = createPusher(platform, hub, clock, stopping.signal);

  return {
    ...createPeople(platform, pusher),
    ...pickWorld(world),
    url,
    app: platform.app,
    bot: platform.bot,
    press: ({ message, button, by }) => press(message, button, by, platform, pusher),
    upload: (imageKey) => world.uploads.get(imageKey),
    messages: (chatId) => world.messages(chatId).map((message) => viewMessage(message, platform)),
    card(id) {
      const card = world.cards.get(id) ?? world.message(id)?.card;
      return card === undefined ? undefined : viewCard(card, platform);
    },
    calls: () => calls.all(),
    refused: () => calls.refused(),
    clearCalls: () => calls.clear(),
    deliveries: () => pusher.deliveries(),
    subscribe: (listener) => changes.subscribe(listener),
    fault: (api, fault, times) => faults.add(api, fault, times),
    clearFaults: () => faults.clear(),
    connections: () => hub.connections(),
    connected: (count, signal) => hub.connected(count, signal),
    useWebhook: (target) => pusher.useWebhook(target),
    checkWebhookUrl: (target, token) => checkWebhookUrl(target, platform, clock, token),
    revokeTokens: () => platform.tokens.revoke(),
    async stop() {
      stopping.abort();
      hub.close();
      server.closeAllConnections();
      if (server.listening) await new Promise((resolve) => server.close(resolve));
    },
  };
}

function pickWorld(
  world: World,
): Pick<World, 'addUser' | 'addChat' | 'users' | 'chats' | 'user' | 'chat' | 'directChat' | 'message'> {
  const { addUser, addChat, users, chats, user, chat, directChat, message } = world;
  return { addUser, addChat, users, chats, user, chat, directChat, message };
}

async function listen(server: Server, port: number): Promise<string> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the simulator has no port');
  return `http://127.0.0.1:${address.port}`;
}

function scopeCheck(
  granted: readonly string[] | undefined,
  appId: string,
): (scopes: readonly string[]) => void {
  return (scopes) => {
    if (granted === undefined || scopes.length === 0 || scopes.some((scope) => granted.includes(scope)))
      return;
    const link = `https://open.feishu.cn/app/${appId}/auth?q=${scopes.join(',')}&op_from=openapi&token_type=tenant`;
    throw new FeishuFault(
      99991672,
      `Access denied. One of the following scopes is required: [${scopes.join(', ')}].应用尚未开通所需的应用身份权限：[${scopes.join(', ')}]，点击链接申请并开通任一权限即可：${link}`,
    );
  };
}
