// A parent that prepares one picture, stops, and has nothing else to do: it must come to its end by itself.
import { systemClock } from '../../../../src/clock.ts';
import { createImagePreparer } from '../../../../src/media/decoder-process.ts';

const quiet = () => undefined;
const log = { trace: quiet, debug: quiet, info: quiet, warn: quiet, error: quiet, addSecret: quiet };
const preparer = createImagePreparer({ clock: systemClock, log });
const picture = Buffer.from(process.argv[2] ?? '', 'base64');
const outcome = await preparer.prepare(picture, 8, new AbortController().signal);
await preparer.stop();
console.log(
  JSON.stringify(outcome.ok ? outcome.images.map(({ width, height }) => ({ width, height })) : outcome.code),
);
