import type { ServiceEnvironment } from '../../support/service-process.ts';
import { startTcpProxy, type TcpProxy } from '../proxy/tcp-proxy.ts';

export type Network = {
  /** With every address on this machine replaced by that of a proxy before it. */
  readonly environment: ServiceEnvironment;
  readonly proxies: readonly TcpProxy[];
  /** By the port of the server behind it. */
  readonly byPort: ReadonlyMap<number, TcpProxy>;
  stop(): Promise<void>;
};

const addressPattern = /127\.0\.0\.1:(\d+)/g;

/** Puts one proxy before each server on this machine that the environment names. */
export async function placeProxies(environment: ServiceEnvironment, random: () => number): Promise<Network> {
  const ports = new Set(
    Object.values(environment).flatMap((value) =>
      [...value.matchAll(addressPattern)].map(([, port]) => Number(port)),
    ),
  );
  const proxies = new Map<number, TcpProxy>();
  for (const port of ports)
    proxies.set(port, await startTcpProxy({ targets: () => [port], random, rewrites: true }));
  const through = (value: string): string =>
    value.replace(addressPattern, (address, port) => {
      const proxy = proxies.get(Number(port));
      return proxy === undefined ? address : `127.0.0.1:${proxy.port}`;
    });
  const led = Object.entries(environment).map(([name, value]) => [
    name,
    // A list of hosts that are allowed: an address that one server tells of another stays what it is.
    name === 'MEDIA_HOSTS' ? `${value},${through(value)}` : through(value),
  ]);
  return {
    environment: Object.fromEntries(led) as ServiceEnvironment,
    proxies: [...proxies.values()],
    byPort: proxies,
    async stop() {
      await Promise.all([...proxies.values()].map((proxy) => proxy.stop()));
    },
  };
}
