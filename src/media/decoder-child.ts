import { decodePicture } from './decode-picture.ts';
import type { DecodeAnswer, DecodeJob } from './decoder-protocol.ts';

// The decoder's child process: no secrets in its environment, one job at a time, gone with its parent. Its one argument
// is the most memory it may hold, in bytes.
const memoryCapBytes = Number(process.argv[2]);

// An exit in good order would wait for the decoder's threads, and those are what has to end.
const endNow = (): void => void process.kill(process.pid, 'SIGKILL');

// Decoding runs in threads of its own, so this keeps ticking beside it. 20 ms is time for some 20 MB more.
setInterval(() => {
  if (process.memoryUsage.rss() > memoryCapBytes) endNow();
}, 20);

process.on('disconnect', endNow);
// A terminal's Ctrl-C and systemd's stop reach the whole group: the parent decides when the work under way is over.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);

process.on('message', (job: DecodeJob) => {
  void decodePicture(job)
    .catch((): DecodeAnswer => ({ ok: false, code: 'decoder-failed' }))
    .then((answer) => process.send?.(answer));
});
