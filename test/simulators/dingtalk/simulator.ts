import { once } from 'node:events';
import type { Server } from 'node:http';
import { createFaultQueue } from '../feishu/http-faults.ts';
import { createRandom } from '../feishu/random.ts';
import { createCallLog, type ApiCall } from './calls.ts';
import type { CardStore } from './card-store.ts';
import type { CardTemplate } from './card-template.ts';
import type { DingTalkChange } from './changes.ts';
import type { Registration, SimConnection } from './connection.ts';
import { createConnectionHub, type ConnectionHub } from './connection-hub.ts';
import { toHttpFault, type DingTalkHttpFault } from './http-faults.ts';
import { createApiServer } from './http-server.ts';
import { press, type Press, type PressOutcome } from './interactions.ts';
import type { DingTalkSimulatorOptions } from './options.ts';
import { createPeople, type People } from './people.ts';
import type { AppConsole, DingTalkApp, Platform } from './platform.ts';
import { createPlatform } from './platform-setup.ts';
import { createPusher, type Delivery } from './push.ts';
import type { MonthlyUse } from './rate-limits.ts';
import type { Host, Route } from './route.ts';
import { cardCreateRoutes } from './routes/card-create.ts';
import { cardStreamingRoutes } from './routes/card-streaming.ts';
import { cardUpdateRoutes } from './routes/card-update.ts';
import { downloadRoutes } from './routes/downloads.ts';
import { gatewayRoutes } from './routes/gateway.ts';
import { mediaRoutes } from './routes/media.ts';
import { robotRecallRoutes } from './routes/robot-recall.ts';
import { robotSendRoutes } from './routes/robot-send.ts';
import { sessionWebhookRoutes } from './routes/session-webhook.ts';
import { tokenRoutes } from './routes/tokens.ts';
import { viewCard, viewMessage, type CardView, type MessageView } from './views.ts';
import type { World } from './world.ts';
import type { SimResource } from './world-types.ts';

type WorldParts = Pick<
  World,
  'addPerson' | 'addGroup' | 'people' | 'person' | 'chats' | 'chat' | 'directChat' | 'message'
>;

/** DingTalk on 127.0.0.1: both APIs, file store, Stream gateway and HTTP callbacks, with a world of chats to act in. */
export type DingTalkSimulator = People &
  WorldParts & {
    /** The OpenAPI host, without a trailing slash; also the gateway's. */
    readonly url: string;
    /** The old API's host: session webhooks, `gettoken`, `media/upload`. */
    readonly oapiUrl: string;
    /** The host of signed download addresses. */
    readonly downloadUrl: string;
    readonly app: DingTalkApp;
    /** What an administrator could have set wrong; may be changed at any time. */
    readonly console: AppConsole;
    /** The template every simulator has. */
    readonly template: CardTemplate;
    addTemplate(template: CardTemplate): void;
    /** Presses a button of a delivered card. */
    press(press: Press): Promise<PressOutcome>;
    messages(conversationId: string): readonly MessageView[];
    card(outTrackId: string): CardView | undefined;
    cards(): readonly CardView[];
    /** Bytes behind a download code, for pages that draw people's pictures. */
    resource(downloadCode: string): SimResource | undefined;
    /** Every API call, oldest first; bounded. */
    calls(): readonly ApiCall[];
    /** Calls that were refused, or failed inside HTTP 200. */
    refused(): readonly ApiCall[];
    clearCalls(): void;
    /** API calls and pushes counted in this month. */
    usage(): MonthlyUse;
    deliveries(): readonly Delivery[];
    subscribe(listener: (change: DingTalkChange) => void): () => void;
    /** The next `times` calls of this API (`*`: any; `stream.connect`: WebSocket handshakes) meet the fault. */
    fault(api: string, fault: DingTalkHttpFault, times?: number): void;
    clearFaults(): void;
    /** The next card deliveries fail inside an answer that says success. */
    refuseDeliveries: CardStore['refuseDeliveries'];
    /** Direct messages to this person are held back as flow-controlled, inside HTTP 200. */
    flowControl(staffId: string, controlled: boolean): void;
    connections(): readonly SimConnection[];
    /** What every connection so far asked for. */
    registrations(): readonly Registration[];
    handshakes: ConnectionHub['handshakes'];
    /** Resolves when at least `count` connections (for 0: none) are open and not leaving; rejects when the signal aborts. */
    connected(count: number, signal: AbortSignal): Promise<void>;
    /** Every access token issued so far stops working. */
    revokeTokens(): void;
    stop(): Promise<void>;
  };

export async function startDingTalkSimulator(
  options: DingTalkSimulatorOptions = {},
): Promise<DingTalkSimulator> {
  const stopping = new AbortController();
  const platform = createPlatform(options, createRandom(options.seed ?? 1), stopping.signal);
  const { changes, world, cards, urls } = platform;
  const calls = createCallLog(options.callCapacity ?? 50_000);
  const faults = createFaultQueue();
  const hub = createConnectionHub(platform, faults);
  const flowControlled = new Set<string>();
  const routes = allRoutes(platform, hub, flowControlled);
  const serverFor = (hosts: readonly Host[]): Server =>
    createApiServer({
      platform,
      hosts,
      routes,
      scopes: options.scopes,
      faults,
      signal: stopping.signal,
      record(call) {
        calls.record(call);
        changes.emit({ type: 'call-made', call });
      },
    });
  const servers = await listenAll(options, urls, serverFor);
  servers[0]?.on('upgrade', (request, socket, head) => hub.upgrade(request, socket, head));
  const pusher = createPusher(platform, hub);

  return {
    ...createPeople(platform, pusher),
    ...pickWorld(world),
    url: urls.api,
    oapiUrl: urls.oapi,
    downloadUrl: urls.download,
    app: platform.app,
    console: platform.console,
    template: cards.template,
    addTemplate: (template) => cards.addTemplate(template),
    press: (pressed) => press(pressed, platform, pusher),
    messages: (conversationId) =>
      world.messages(conversationId).map((message) => viewMessage(message, platform)),
    card(outTrackId) {
      const card = cards.card(outTrackId);
      return card === undefined ? undefined : viewCard(card, platform);
    },
    cards: () => cards.all().map((card) => viewCard(card, platform)),
    resource: (downloadCode) => world.resource(downloadCode),
    calls: () => calls.all(),
    refused: () => calls.refused(),
    clearCalls: () => calls.clear(),
    usage: () => platform.limits.usage(platform.now()),
    deliveries: () => pusher.deliveries(),
    subscribe: (listener) => changes.subscribe(listener),
    fault: (api, fault, times) => faults.add(api, toHttpFault(fault), times),
    clearFaults: () => faults.clear(),
    refuseDeliveries: (errorMsg, times) => cards.refuseDeliveries(errorMsg, times),
    flowControl(staffId, controlled) {
      if (controlled) flowControlled.add(staffId);
      else flowControlled.delete(staffId);
    },
    connections: () => hub.connections(),
    registrations: () => hub.registrations(),
    handshakes: () => hub.handshakes(),
    connected: (count, signal) => hub.connected(count, signal),
    revokeTokens: () => platform.tokens.revoke(),
    async stop() {
      stopping.abort();
      hub.close();
      await Promise.all(servers.map(close));
    },
  };
}

function allRoutes(
  platform: Platform,
  hub: ConnectionHub,
  flowControlled: ReadonlySet<string>,
): readonly Route[] {
  return [
    ...gatewayRoutes(platform, hub),
    ...robotSendRoutes(platform, flowControlled),
    ...[
      tokenRoutes,
      downloadRoutes,
      robotRecallRoutes,
      sessionWebhookRoutes,
      mediaRoutes,
      cardCreateRoutes,
      cardStreamingRoutes,
      cardUpdateRoutes,
    ].flatMap((routes) => routes(platform)),
  ];
}

function pickWorld(world: World): WorldParts {
  const { addPerson, addGroup, people, person, chats, chat, directChat, message } = world;
  return { addPerson, addGroup, people, person, chats, chat, directChat, message };
}

/** One server for all hosts, or one for each; the first is always the OpenAPI's. */
async function listenAll(
  { hosts = 'one', port = 0 }: DingTalkSimulatorOptions,
  urls: Platform['urls'],
  serverFor: (hosts: readonly Host[]) => Server,
): Promise<readonly Server[]> {
  const groups: readonly (readonly Host[])[] =
    hosts === 'one' ? [['api', 'oapi', 'download']] : [['api'], ['oapi'], ['download']];
  const servers: Server[] = [];
  for (const [index, group] of groups.entries()) {
    const server = serverFor(group);
    const url = await listen(server, index === 0 ? port : 0);
    for (const host of group) urls[host] = url;
    servers.push(server);
  }
  return servers;
}

async function listen(server: Server, port: number): Promise<string> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the simulator has no port');
  return `http://127.0.0.1:${address.port}`;
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections();
  if (server.listening) await new Promise((resolve) => server.close(resolve));
}
