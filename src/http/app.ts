import Koa from 'koa';
import type { WebhookRoute } from '../contract/adapter.ts';
import type { Logger } from '../contract/runtime.ts';
import { createOperatorGate } from './access.ts';
import type { FailureLimit } from './failure-limit.ts';
import { isReady, readinessDetails, type HealthSources } from './health.ts';
import { discardRest } from './raw-body.ts';
import { answerWebhook, type WebhookDeps } from './webhook.ts';

/** What `prom-client`'s registry is, as far as it matters here. */
export type MetricsPage = { readonly contentType: string; metrics(): Promise<string> };

export type AppOptions = {
  readonly routes: readonly WebhookRoute[];
  readonly health: HealthSources;
  readonly metrics: MetricsPage;
  readonly metricsToken: string | undefined;
  readonly log: Logger;
  readonly failures: FailureLimit;
  readonly readBody: WebhookDeps['readBody'];
  readonly received: WebhookDeps['received'];
};

type Page = (context: Koa.Context) => Promise<void>;

/**
 * The service's pages. A path matches exactly as it was sent, byte for byte: no trailing slash, no encoded or doubled
 * one, no absolute form. Refusals are constant and say nothing but their status.
 */
export function createApp(options: AppOptions): Koa {
  const pages = new Map<string, Page>([
    ...options.routes.map((route): [string, Page] => [route.path, webhookPage(route, options)]),
    ...operatorPages(options),
  ]);
  const app = new Koa({ proxy: false });
  app.on('error', (error: unknown) => options.log.error({ error }, 'http request failed'));
  app.use(async (context) => {
    context.set('X-Content-Type-Options', 'nosniff');
    context.set('Cache-Control', 'no-store');
    const path = (context.req.url ?? '').split('?', 1)[0] ?? '';
    const page = pages.get(path);
    if (page === undefined) refuse(context, 404);
    else await page(context);
    if (options.health.stopping()) context.set('Connection', 'close');
  });
  return app;
}

function webhookPage(route: WebhookRoute, deps: WebhookDeps): Page {
  return async (context) => {
    const answer = await answerWebhook(route, context.req, deps);
    if (answer === undefined) {
      context.respond = false;
      context.req.destroy();
      return;
    }
    if (answer.headers !== undefined) context.set({ ...answer.headers });
    if (answer.body === undefined && answer.status >= 400) refuse(context, answer.status);
    else {
      context.status = answer.status;
      context.body = answer.body instanceof Uint8Array ? Buffer.from(answer.body) : (answer.body ?? '');
    }
  };
}

function operatorPages({ health, metrics, metricsToken, failures }: AppOptions): [string, Page][] {
  const gate = createOperatorGate(metricsToken, failures);
  const reading = (page: Page): Page => {
    return async (context) => {
      if (context.method === 'GET' || context.method === 'HEAD') return page(context);
      context.set('Allow', 'GET, HEAD');
      refuse(context, 405);
    };
  };
  return [
    ['/healthz', reading(async (context) => void (context.body = 'ok\n'))],
    [
      '/readyz',
      reading(async (context) => {
        const ready = isReady(health);
        context.status = ready ? 200 : 503;
        context.body = gate(context.req).granted
          ? readinessDetails(health)
          : ready
            ? 'ready\n'
            : 'not ready\n';
      }),
    ],
    [
      '/metrics',
      reading(async (context) => {
        const access = gate(context.req);
        if (!access.granted) return refuse(context, access.status);
        context.type = metrics.contentType;
        context.body = await metrics.metrics();
      }),
    ],
  ];
}

function refuse(context: Koa.Context, status: number): void {
  context.status = status;
  context.body = `${status}\n`;
  if (status === 401) context.set('WWW-Authenticate', 'Bearer');
  discardRest(context.req);
}
