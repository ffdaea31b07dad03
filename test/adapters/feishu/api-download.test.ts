import { describe, expect, it } from 'vitest';
import { failure, start, type Here } from './calls.ts';
import { never } from '../shared/waiting.ts';

describe('a picture', () => {
  const bytes = Buffer.from(Array.from({ length: 50_000 }, (_, index) => index % 251));

  async function picture(here: Here) {
    const user = here.feishu.addUser({ name: '李雷' });
    const chat = here.feishu.addChat({ name: '财务', members: [user] });
    const said = { kind: 'image', image: { bytes, mime: 'image/png' } } as const;
    const { message } = here.feishu.say({ chat, from: user, said, push: 'never' });
    return { messageId: message.messageId, imageKey: [...message.resources.keys()][0] ?? '' };
  }

  async function readAll(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
    const pieces: Uint8Array[] = [];
    for await (const piece of stream) pieces.push(piece);
    return Buffer.concat(pieces);
  }

  it('comes as a stream of its bytes, by the API of the message that holds it', async () => {
    const here = await start();
    const { messageId, imageKey } = await picture(here);
    const body = await here.operations.openImage(messageId, imageKey, never);
    expect((await readAll(body.stream)).equals(bytes)).toBe(true);
    expect(body.declaredBytes).toBe(bytes.length);
    expect(here.feishu.refused()).toEqual([]);
  });

  it('that is not in the message is refused, and not taken for a picture', async () => {
    const here = await start();
    const { messageId } = await picture(here);
    expect(await failure(here.operations.openImage(messageId, 'img_other', never))).toMatchObject({
      code: 'invalid',
      platformCode: '234003',
    });
  });

  it('refused under HTTP 200 is refused', async () => {
    const here = await start();
    const { messageId, imageKey } = await picture(here);
    here.feishu.fault('im.messageResource.get', { kind: 'code', code: 234043 });
    expect((await failure(here.operations.openImage(messageId, imageKey, never))).code).toBe('unsupported');
  });

  it('cut off in the middle fails while it is read', async () => {
    const here = await start();
    const { messageId, imageKey } = await picture(here);
    here.feishu.fault('im.messageResource.get', { kind: 'truncate', bytes: 1_000 });
    const { stream } = await here.operations.openImage(messageId, imageKey, never);
    expect((await failure(readAll(stream))).code).toBe('unavailable');
  });

  it('is given up when the reader aborts', async () => {
    const here = await start();
    const { messageId, imageKey } = await picture(here);
    const giving = new AbortController();
    const { stream } = await here.operations.openImage(messageId, imageKey, giving.signal);
    giving.abort();
    expect((await failure(readAll(stream))).code).toBe('aborted');
  });
});
