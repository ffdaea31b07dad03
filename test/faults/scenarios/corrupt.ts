import { closeSync, openSync, readFileSync, statSync, truncateSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { backUpDatabase, restoreDatabase } from '../../../src/store/backup.ts';
import { integrations } from '../../e2e/integrations.ts';
import type { Scenario, ScenarioRun } from '../scenario.ts';
import { spots, startStand, type Stand } from '../stand/stand.ts';

const settleWithinMs = 30_000;
const exitWithinMs = 20_000;
/** Of everything that SQLite leaves in a file: nothing it writes looks like that. */
const rubbish = 0x55;
const pageBytes = 4_096;
/** The identifying bytes at the beginning of the file, https://www.sqlite.org/fileformat.html#the_database_header */
const headerBytes = 100;

type Damage = { readonly name: string; do(file: string): void };

function spoil(file: string, from: number, to: number): void {
  const handle = openSync(file, 'r+');
  writeSync(handle, Buffer.alloc(to - from, rubbish), 0, to - from, from);
  closeSync(handle);
}

/** What disks, careless copies and half-finished restorations do. */
const damages: readonly Damage[] = [
  { name: 'beginning overwritten', do: (file) => spoil(file, 0, headerBytes) },
  { name: 'pages overwritten', do: (file) => spoil(file, pageBytes, statSync(file).size) },
  { name: 'second half missing', do: (file) => truncateSync(file, Math.floor(statSync(file).size / 2)) },
];

type Tally = {
  damaged: number;
  started: number;
  changed: number;
  silent: number;
  readonly faults: string[];
};

/** The file of the embedded database is damaged while the service stands: it says so, changes nothing, and a backup helps. */
export const corruptScenario: Scenario = {
  name: 'corrupt',
  what: 'the database file damaged between two starts, and a backup put in its place',
  ways: [{ engine: 'sqlite', replicas: 1 }],
  rounds: { long: 6, short: damages.length },
  async run(run) {
    const tally: Tally = { damaged: 0, started: 0, changed: 0, silent: 0, faults: [] };
    await damageEach(run, tally);
    return {
      figures: [
        { name: 'damaged database files', value: tally.damaged, unit: 'files' },
        { name: 'starts that went on with one', value: tally.started, unit: 'starts', target: 0 },
        { name: 'of them changed by the start', value: tally.changed, unit: 'files', target: 0 },
        {
          name: 'refusals that do not name it, or look like an orderly end',
          value: tally.silent,
          unit: 'starts',
          target: 0,
        },
        {
          name: 'lost, doubled or unfinished replies after a backup was put back',
          value: tally.faults.length,
          unit: 'replies',
          target: 0,
        },
      ],
      faults: tally.faults,
    };
  },
};

async function damageEach(run: ScenarioRun, tally: Tally): Promise<void> {
  const integration = integrations.find(({ name }) => name === 'DingTalk, Stream');
  if (integration === undefined) throw new Error('the integration is not there any more');
  const stand = await startStand({ ...run, integration });
  try {
    await stand.bringUp();
    for (let round = 0; round < run.rounds; round += 1) {
      const damage = damages[round % damages.length];
      if (damage === undefined) continue;
      run.note(damage.name);
      await damageOnce(stand, damage, join(stand.database.folder(0), `backup-${round}.db`), tally);
      const faults = await stand.judge();
      tally.faults.push(...faults.map((what) => `${damage.name}, round ${round}: ${what}`));
      if (faults.length > 0) return;
    }
  } finally {
    await stand.stop();
  }
}

async function damageOnce(stand: Stand, damage: Damage, backup: string, tally: Tally): Promise<void> {
  const { service, database } = stand;
  for (const spot of spots) stand.ask(spot);
  await stand.settle(settleWithinMs);
  await backUpDatabase(database.file, backup);
  await service.end('SIGTERM');
  damage.do(database.file);
  tally.damaged += 1;
  const before = readFileSync(database.file);
  await service.start();
  const started = !(await service.died(exitWithinMs));
  if (started) tally.started += 1;
  const named = service.output().includes('bridge.db is damaged');
  const code = await service.end('SIGKILL');
  if (!started && (code === 0 || !named)) tally.silent += 1;
  if (!before.equals(readFileSync(database.file))) tally.changed += 1;
  const unheard = spots.map((spot) => stand.ask(spot));
  await restoreDatabase(backup, database.file, new Date());
  await stand.bringUp();
  stand.redeliverAll(unheard);
  await stand.settle(settleWithinMs);
}
