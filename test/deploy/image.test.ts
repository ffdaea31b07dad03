import { chownSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nodeVersionWarning } from '../../src/config/node-version.ts';
import { startFeishuSimulator } from '../simulators/feishu/simulator.ts';
import { startQwenSimulator } from '../simulators/qwen/start.ts';
import { freePort } from '../support/service-process.ts';
import { plainPicture } from '../support/pictures.ts';
import { canIsolate, runContainer, type Container } from './container.ts';
import { readImageSettings, reachesBuild, repository } from './dockerfile.ts';
import { buildImage, isRoot, type Image } from './image.ts';

const settings = readImageSettings();
const manifest = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as {
  scripts: { start: string };
};

describe('the Dockerfile', () => {
  it('takes a Node without known holes', () => {
    const [, version = ''] =
      /NODE_IMAGE=node:([\d.]+)-/.exec(readFileSync(join(repository, 'Dockerfile'), 'utf8')) ?? [];
    expect(version).toMatch(/^\d+\.\d+\.\d+$/);
    expect(nodeVersionWarning(version)).toBeUndefined();
  });

  it('starts Node itself, as npm start does', () => {
    expect(`exec ${settings.command.join(' ')}`).toBe(manifest.scripts.start);
  });

  it('is stopped by the signal the service knows, and is not root', () => {
    expect(settings.stopSignal).toBe('SIGTERM');
    expect(settings.user.every((id) => id > 0)).toBe(true);
    expect([settings.environment['PORT'], settings.volume]).toEqual([settings.port, '/app/data']);
  });

  it('takes no secret, state or test into the image', () => {
    for (const path of [
      '.env',
      'data/bridge.db',
      'deploy/secrets/token',
      'test/e2e/stage.ts',
      'node_modules/koa',
      '.git/config',
    ])
      expect([path, reachesBuild(path)]).toEqual([path, false]);
  });
});

async function until(
  condition: () => boolean | Promise<boolean>,
  what: string,
  container: Container,
): Promise<void> {
  const giveUpAt = Date.now() + 20_000;
  while (!(await condition())) {
    if (Date.now() > giveUpAt)
      throw new Error(
        `never happened: ${what}\n${JSON.stringify(container.log.slice(-20))}\n${container.errors()}`,
      );
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

// Visible as skipped where the kernel does not let the test be what Docker is.
describe.skipIf(!isRoot || !canIsolate())('the image, on a read-only root', () => {
  let image: Image;
  let state: string;
  beforeAll(() => {
    image = buildImage();
    state = mkdtempSync(join(tmpdir(), 'bridge-volume-'));
    chownSync(state, ...settings.user);
  }, 180_000);
  afterAll(() => {
    image.remove();
    rmSync(state, { recursive: true, force: true });
  });

  it('answers a question with a picture, is healthy, and ends on SIGTERM as process 1', async () => {
    const feishu = await startFeishuSimulator({ clientConfig: { ReconnectInterval: 1, ReconnectNonce: 1 } });
    const pictures: number[] = [];
    const qwen = await startQwenSimulator({
      speed: { firstTokenDelayMs: 5, tokensPerSecond: 500 },
      answer: ({ messages }) => {
        pictures.push(messages.flatMap(({ images }) => images).length);
        return { text: '一片蓝色。' };
      },
    });
    const alice = feishu.addUser({ name: '小红' });
    const group = feishu.addChat({ kind: 'group', name: '财务群', members: [alice] });
    const port = String(await freePort());
    const container = runContainer(image, state, {
      FEISHU_APP_ID: feishu.app.appId,
      FEISHU_APP_SECRET: feishu.app.appSecret,
      FEISHU_BASE_URL: feishu.url,
      QWEN_BASE_URL: qwen.baseUrl,
      PORT: port,
    });
    try {
      expect(container.checkHealth()).toBe(1);
      const ready = (): Promise<boolean> =>
        fetch(`http://127.0.0.1:${port}/readyz`).then(
          ({ status }) => status === 200,
          () => false,
        );
      await until(ready, 'the start', container);
      expect(container.checkHealth()).toBe(0);
      feishu.say({
        chat: group,
        from: alice,
        said: {
          kind: 'post',
          paragraphs: [
            [{ tag: 'text', text: '@{bot} 图里是什么？' }],
            [{ tag: 'img', image: { bytes: await plainPicture('#3366cc') } }],
          ],
        },
      });
      const replies = () => feishu.messages(group.chatId).filter(({ from }) => from.kind === 'bot');
      await until(
        () => replies().some(({ card }) => card?.streaming === false && card.texts['footer'] !== undefined),
        'the answer',
        container,
      );
      expect(pictures).toContain(1);
      container.send(settings.stopSignal);
      expect(await container.exitCode).toBe(0);
      expect(container.log.filter(({ level }) => level === 'error')).toEqual([]);
      expect(container.errors()).toBe('');
      expect(readdirSync(state).sort()).toEqual(expect.arrayContaining(['bridge.db', 'lock.db']));
    } finally {
      container.send('SIGKILL');
      await container.exitCode;
      await Promise.all([feishu.stop(), qwen.stop()]);
    }
  });

  it('ends with 78 and the missing keys when it has no settings', async () => {
    const container = runContainer(image, state, {});
    expect(await container.exitCode).toBe(78);
    expect(container.errors()).toContain('FEISHU_APP_ID');
  });
});
