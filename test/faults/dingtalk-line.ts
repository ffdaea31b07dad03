import { disconnectOften, type Disconnect } from './dingtalk-disconnects.ts';
import { reconnectOften } from './dingtalk-reconnects.ts';

/** `node test/faults/dingtalk-line.ts [disconnects] [reconnects]`: breaks DingTalk's connections; prints what is lost and left. */
const times = Number(process.argv[2] ?? 200);
const reconnects = Number(process.argv[3] ?? 1_000);
const faults: string[] = [];

for (const how of ['sent-away', 'cut', 'all-cut'] satisfies Disconnect[]) {
  const figures = await disconnectOften({ how, times });
  console.log(how, figures);
  if (figures.lost > 0) faults.push(`${how}: ${figures.lost} messages lost`);
  // While every connection is cut there is none to deliver to.
  if (how !== 'all-cut' && figures.undeliverable > 0)
    faults.push(`${how}: ${figures.undeliverable} undeliverable`);
  if (figures.gapMs.p99 >= 3_000) faults.push(`${how}: p99 of the gap is ${figures.gapMs.p99} ms`);
}

const { before, after, warnings } = await reconnectOften(reconnects);
console.log('reconnects', { reconnects, before, after, warnings });
for (const kind of Object.keys(before) as (keyof typeof before)[]) {
  if (after[kind] > before[kind]) faults.push(`${kind}: ${before[kind]} before, ${after[kind]} after`);
}
for (const warning of warnings) faults.push(warning);

for (const fault of faults) console.log(`FAULT ${fault}`);
console.log(faults.length === 0 ? 'no fault' : `${faults.length} faults`);
process.exit(faults.length === 0 ? 0 : 1);
