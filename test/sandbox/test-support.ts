import sharp from 'sharp';
import type { Page } from 'playwright-core';
import type { MessageView } from '../simulators/feishu/views.ts';
import type { Sandbox } from './sandbox.ts';
import type { StandInModel } from './stand-in-model.ts';

const patienceMs = 30_000;
const lookEveryMs = 25;

/** Waits for what cannot announce itself; fails with `what` when it does not come. */
export async function until<Found>(what: string, look: () => Found | undefined | false): Promise<Found> {
  const end = Date.now() + patienceMs;
  for (;;) {
    const found = look();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > end) throw new Error(`waited in vain for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
  }
}

/** Every message of every chat. */
export function allMessages({ feishu }: Sandbox): readonly MessageView[] {
  return feishu.simulator.chats().flatMap(({ chatId }) => feishu.simulator.messages(chatId));
}

/** The message that holds these words. */
export function asked(sandbox: Sandbox, words: string): Promise<MessageView> {
  return until(`the message "${words}"`, () =>
    allMessages(sandbox).find(({ from, content }) => from.kind === 'user' && content.includes(words)),
  );
}

/** What the bot replied to a message. */
export function replies(sandbox: Sandbox, question: MessageView): readonly MessageView[] {
  return allMessages(sandbox).filter(
    ({ from, parentId }) => from.kind === 'bot' && parentId === question.messageId,
  );
}

/** The one reply to a message once it is closed; what the service logged is told when that does not come. */
export async function closedReply(sandbox: Sandbox, question: MessageView): Promise<MessageView> {
  try {
    return await until('a closed reply', () =>
      replies(sandbox, question).find(
        ({ card }) => card !== undefined && !card.streaming && card.buttons.length > 1,
      ),
    );
  } catch (error) {
    const told = sandbox.service
      .lines()
      .slice(-20)
      .map((line) => JSON.stringify(line));
    throw new Error(`no closed reply; the service said:\n${told.join('\n')}`, { cause: error });
  }
}

/** The answer in a card, as the platform holds it. */
export function answerOf(reply: MessageView): string {
  return reply.card?.texts['answer'] ?? '';
}

export async function openPane(page: Page, id: string): Promise<void> {
  await page.locator(`[data-pane=${id}]`).click();
  await page.locator(`[data-pane=${id}].chosen`).waitFor();
}

export async function speakAs(page: Page, name: string): Promise<void> {
  await page.locator('.speaker', { hasText: name }).click();
}

export async function send(page: Page, words: string): Promise<void> {
  await page.locator('.composer textarea').fill(words);
  await page.locator('.send').click();
}

/** A plain picture; `turned`: stored lying on its side, with an EXIF note to turn it. */
export async function picture(
  size: { readonly width: number; readonly height: number },
  colour: string,
  turned = false,
): Promise<Buffer> {
  const plain = sharp({ create: { ...size, channels: 3, background: colour } });
  return turned ? plain.withMetadata({ orientation: 6 }).jpeg().toBuffer() : plain.png().toBuffer();
}

/** What the model was asked last: the words, and the pictures as data URLs. */
export function lastPictures({ simulator }: StandInModel): {
  readonly text: string;
  readonly urls: readonly string[];
} {
  const { messages } = simulator.chats.at(-1)?.body as {
    messages: { role: string; content: string | { text?: string; image_url?: { url: string } }[] }[];
  };
  const content = messages.findLast(({ role }) => role === 'user')?.content ?? [];
  if (typeof content === 'string') return { text: content, urls: [] };
  return {
    text: content.map(({ text = '' }) => text).join(),
    urls: content.flatMap(({ image_url: image }) => (image === undefined ? [] : [image.url])),
  };
}

/** What a picture in a data URL is, when it really decodes. */
export async function lookAt(url: string) {
  const [, base64 = ''] = /^data:image\/[a-z]+;base64,(.+)$/.exec(url) ?? [];
  const image = sharp(Buffer.from(base64, 'base64'), { failOn: 'warning' });
  const { width, height, orientation } = await image.metadata();
  const { dominant } = await image.stats();
  return {
    upright: orientation === undefined || orientation === 1,
    shape: width < height ? 'tall' : 'wide',
    main: dominant.r > dominant.b ? 'red' : 'blue',
  };
}
