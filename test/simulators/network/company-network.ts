import type { CreateStage } from '../../e2e/stage.ts';
import { companyCertificate } from './certificates.ts';
import { startFront } from './front.ts';

type Environment = Readonly<Record<string, string>>;

/** How the platform is reached: by what scheme, under what path, and under which name each of its hosts is known. */
export type NetworkPlan = {
  readonly scheme: 'http' | 'https';
  /** Such as `/lark`; none by default. */
  readonly prefix?: string;
  /** The `host` or `host:port` in addresses, for the front on this local port. */
  readonly name: (index: number, localPort: number) => string;
};

export type CompanyNetwork = {
  /** The same stage, for a service that knows the platform's hosts by these names only. */
  readonly behind: (createStage: CreateStage) => CreateStage;
  /** For a proxy: the local port behind a `host:port`. */
  readonly locate: (target: string) => number | undefined;
};

/** Names that nobody but a proxy can resolve (RFC 6761, 6.2). */
export const companyName = (index: number): string => `platform-${index}.company.test`;

/** Puts fronts before each of a platform's hosts, and names them in all that is said to the service. */
export function createCompanyNetwork({ scheme, prefix = '', name }: NetworkPlan): CompanyNetwork {
  const ports = new Map<string, number>();

  return {
    locate: (target) => ports.get(target),
    behind: (createStage) => async () => {
      const stage = await createStage();
      const hosts = hostsIn(stage.environment);
      const names = new Map<string, string>();
      // Hosts first, where a scheme stands before them; then those that stand alone.
      const rewrite = (text: string): string =>
        [...names].reduce(
          (sofar, [host, public_]) =>
            sofar
              .replaceAll(`http://${host}`, `${scheme}://${public_}${prefix}`)
              .replaceAll(`ws://${host}`, `${scheme.replace('http', 'ws')}://${public_}${prefix}`),
          text,
        );
      const tls = scheme === 'https' ? companyCertificate : undefined;
      const fronts = await Promise.all(
        hosts.map((host) => startFront({ target: `http://${host}`, prefix, tls, rewrite })),
      );
      for (const [index, { port }] of fronts.entries()) {
        const public_ = name(index, port);
        names.set(hosts[index] ?? '', public_);
        ports.set(public_.includes(':') ? public_ : `${public_}:${scheme === 'https' ? 443 : 80}`, port);
      }
      return {
        ...stage,
        environment: rewritten(stage.environment, rewrite, names),
        async stop() {
          await Promise.all([stage.stop(), ...fronts.map((front) => front.stop())]);
        },
      };
    },
  };
}

/** Each `host:port` that the service is told, once. */
function hostsIn(environment: Environment): readonly string[] {
  const { MEDIA_HOSTS: media, ...rest } = environment;
  const urls = Object.entries(rest).filter(([key]) => key.endsWith('_URL'));
  const hosts = urls.map(([, url]) => new URL(url).host);
  return [...new Set([...hosts, ...(media === undefined ? [] : [media])])];
}

function rewritten(
  environment: Environment,
  rewrite: (text: string) => string,
  names: ReadonlyMap<string, string>,
): Environment {
  return Object.fromEntries(
    Object.entries(environment).map(([key, value]) => [key, names.get(value) ?? rewrite(value)]),
  );
}
