import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { failureFromThrown } from '../../../src/model/network-failure.ts';
import { request } from 'undici';

it('a port that does not speak HTTP is called no model server, also where not even its first line is HTTP', async () => {
  const server = createServer((socket) => void socket.end('SSH-2.0-OpenSSH_9.6\r\n')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const thrown: unknown = await request(`http://127.0.0.1:${port}/v1/models`).catch(
    (error: unknown) => error,
  );
  server.close();
  expect(failureFromThrown(thrown)).toMatchObject({ fault: { code: 'not-openai' }, retry: 'no' });
});
