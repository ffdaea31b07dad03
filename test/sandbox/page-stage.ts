import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { findChromium, launchBrowser } from './browser.ts';
import { hostileName } from './page-samples.ts';
import { startSandbox, type Sandbox } from './sandbox.ts';
import type { StandInModel } from './stand-in-model.ts';

/** Where a Chromium is; without one the page is not tested, and that is said. */
export const chromium = findChromium();
if (chromium === undefined)
  console.warn('SKIPPED: no Chromium on this machine, so the demo page is not tested.');

const longAnswer = Array.from({ length: 120 }, (_, index) => `第 ${index + 1} 句话说得很慢。`).join('');

/** The demo with a page open in a real browser: one demo for a file, a fresh page for each test. */
export type PageStage = {
  sandbox(): Sandbox;
  page(): Page;
  model(): StandInModel;
  /** The model says this, slowly enough to do something meanwhile. */
  saySlowly(text: string): void;
  /** The bot's drawn answer that holds these words. */
  cardOf(words: string): Locator;
  readonly longAnswer: string;
};

/** To be called inside `describe`. Every test also fails when the page threw, or when a dialog opened. */
export function usePage(): PageStage {
  let sandbox: Sandbox | undefined;
  let browser: Browser | undefined;
  let page: Page | undefined;
  const dialogs: string[] = [];
  const problems: string[] = [];
  const model = (): StandInModel => there(there(sandbox).model);

  beforeAll(async () => {
    const role = { zh: '测试', en: 'Test' };
    sandbox = await startSandbox({
      port: 0,
      realModel: undefined,
      extra: {},
      signal: AbortSignal.timeout(60_000),
      people: [
        { name: '甲', role, admin: true },
        { name: '乙', role },
        { name: hostileName, role },
      ],
    });
    browser = await launchBrowser(chromium ?? '');
  });
  afterAll(async () => {
    await browser?.close();
    await sandbox?.stop();
  });
  beforeEach(async () => {
    model().simulator.setAnswer(undefined);
    model().simulator.setSpeed({ firstTokenDelayMs: 0, tokensPerSecond: 2000, jitter: 0 });
    page = await there(browser).newPage({ viewport: { width: 1280, height: 900 } });
    page.on('dialog', (dialog) => {
      dialogs.push(dialog.message());
      void dialog.dismiss();
    });
    page.on('pageerror', (error) => problems.push(error.message));
    await page.goto(there(sandbox).url);
    await page.locator('.speaker').first().waitFor();
  });
  afterEach(async () => {
    await page?.close();
    expect(problems.splice(0)).toEqual([]);
    expect(dialogs.splice(0)).toEqual([]);
  });

  return {
    sandbox: () => there(sandbox),
    page: () => there(page),
    model,
    saySlowly(text) {
      model().simulator.setAnswer(() => ({ text }));
      model().simulator.setSpeed({ tokensPerSecond: 40 });
    },
    cardOf: (words) => there(page).locator('.message.from-bot', { hasText: words }).locator('.card'),
    longAnswer,
  };
}

function there<Thing>(thing: Thing | undefined): Thing {
  if (thing === undefined) throw new Error('the demo has not started');
  return thing;
}
