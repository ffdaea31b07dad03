// A decoder's child that misbehaves as the picture's width tells it to. Only tests name it.
import type { DecodeAnswer, DecodeJob } from '../../../../src/media/decoder-protocol.ts';
import { readDimensions } from '../../../../src/media/dimensions.ts';
import { faults } from './faults.ts';

const answer = (images: number): DecodeAnswer => ({
  ok: true,
  // The bytes tell the test who answered and with what surroundings.
  images: Array.from({ length: images }, () => ({
    mime: 'image/png',
    bytes: Buffer.from(JSON.stringify({ pid: process.pid, env: process.env, cwd: process.cwd() })),
    width: 32,
    height: 32,
  })),
  reduced: false,
  endLeftOut: false,
});

process.on('message', (job: DecodeJob) => {
  switch (readDimensions(job.format, job.bytes)?.width) {
    case faults.spin:
      for (;;);
    case faults.hang:
      setInterval(() => undefined, 1000);
      return;
    case faults.abort:
      return process.abort();
    case faults.exit:
      return process.exit(3);
    case faults.nonsense:
      return void process.send?.({
        ok: true,
        images: [{ mime: 'text/html', bytes: 'x', width: -1, height: 0 }],
      });
    case faults.tooMany:
      return void process.send?.(answer(9));
    case faults.none:
    case undefined:
    default:
      return void process.send?.(answer(1));
  }
});
