// A parent that prints its child's process id and then keeps it busy until it is killed.
import { readFileSync } from 'node:fs';
import { systemClock } from '../../../../src/clock.ts';
import { createImagePreparer } from '../../../../src/media/decoder-process.ts';
import { bombPng } from '../pictures.ts';

const quiet = () => undefined;
const log = { trace: quiet, debug: quiet, info: quiet, warn: quiet, error: quiet, addSecret: quiet };
const preparer = createImagePreparer({ clock: systemClock, log });
await preparer.prepare(bombPng(64, 64), 8, new AbortController().signal);
console.log(readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8').trim());
