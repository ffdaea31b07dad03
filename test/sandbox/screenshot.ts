import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { findChromium, launchBrowser } from './browser.ts';
import { startSandbox } from './sandbox.ts';

// Takes the picture of the demo in docs/: `node test/sandbox/screenshot.ts [file] [feishu | dingtalk | wecom]`.
const file = process.argv[2] ?? fileURLToPath(new URL('../../docs/demo.png', import.meta.url));
const pane = process.argv[3] ?? 'feishu';
const chromium = findChromium();
if (chromium === undefined)
  throw new Error('no Chromium on this machine: install it, or name it in CHROMIUM_PATH');

const sandbox = await startSandbox({
  port: 0,
  realModel: undefined,
  extra: {},
  signal: AbortSignal.timeout(120_000),
});
const browser = await launchBrowser(chromium);
try {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, locale: 'zh-CN' });
  await page.goto(sandbox.url);
  await page.locator(`[data-pane=${pane}]`).click();
  await page.locator('.message').first().waitFor();
  await speakAs(page, '王思远');
  await page.getByRole('button', { name: '示例报表' }).click();
  await page.locator('.thumb').waitFor();
  await page.getByRole('tab', { name: '模型请求' }).click();
  await say(page, '@小桥 这张报表里哪个部门超支了？用表格列出来');
  await page.locator('.card.streaming .md table').nth(1).locator('tbody tr').nth(1).waitFor();
  await page.locator('.request-pictures img').waitFor();
  await page.screenshot({ path: file });
} finally {
  await browser.close();
  await sandbox.stop();
}

async function speakAs(page: Page, name: string): Promise<void> {
  await page.locator('.speaker', { hasText: name }).click();
}

async function say(page: Page, words: string): Promise<void> {
  await page.locator('.composer textarea').fill(words);
  await page.locator('.send').click();
}
