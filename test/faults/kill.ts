import { runKillRounds } from './kill-rounds.ts';

/** `node test/faults/kill.ts [seed] [rounds] [troubled]`: kills the service at random moments and looks what people would see. */
const seed = Number(process.argv[2] ?? Date.now() % 1_000_000);
const rounds = Number(process.argv[3] ?? 60);
const troubledPlatform = process.argv[4] === 'troubled';
const webhook = seed % 2 === 1;
console.log(`seed ${seed}, ${rounds} rounds, ${webhook ? 'webhook' : 'long connection'}`);

const { faults, ...figures } = await runKillRounds({
  seed,
  rounds,
  webhook,
  troubledPlatform,
  onRound: (round, killed) => console.log(`round ${round}: killed after ${killed}`),
});
console.log(figures);
for (const fault of faults) console.log(`FAULT ${fault}`);
console.log(
  faults.length === 0
    ? 'no fault'
    : `replay with: node test/faults/kill.ts ${seed} ${rounds}${troubledPlatform ? ' troubled' : ''}`,
);
process.exit(faults.length === 0 ? 0 : 1);
