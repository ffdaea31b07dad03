import { registerHooks } from 'node:module';
import { DatabaseSync } from 'node:sqlite';
import { controlVariable, readOrders, type DiskState } from './control.ts';

// Read by Node before the service's own entry (`--import`): the service is started as people start it, and knows nothing
// of this. Its store and its adapters are those of production with a thin layer around them.

/** Which of the service's files a stand-in beside this one takes the place of. */
const standIns: readonly { readonly of: URL; readonly by: URL }[] = [
  {
    of: new URL('../../../src/store/store.ts', import.meta.url),
    by: new URL('reporting-store.ts', import.meta.url),
  },
  {
    of: new URL('../../../adapters/index.ts', import.meta.url),
    by: new URL('reporting-adapters.ts', import.meta.url),
  },
];

registerHooks({
  resolve(specifier, context, next) {
    const found = next(specifier, context);
    const standIn = standIns.find(({ of }) => of.href === found.url);
    // The stand-in itself goes on to the real one.
    if (standIn === undefined || context.parentURL === standIn.by.href) return found;
    return { ...found, url: standIn.by.href };
  },
});

const lookIntervalMs = 10;
/** Real pages and real refusals of SQLite, without a file system that could be made so. */
const pragmas: Readonly<Record<DiskState, string>> = {
  fine: 'pragma query_only=off; pragma max_page_count=1073741823',
  // A file that is larger than the limit already cannot grow at all.
  full: 'pragma query_only=off; pragma max_page_count=1',
  'read-only': 'pragma query_only=on',
};

/** The disk gets into the ordered state, for every database this process opens. */
function watchDisk(file: string): void {
  const databases = new Set<DatabaseSync>();
  // The statement every start begins with tells which databases there are.
  const { prepare } = DatabaseSync.prototype;
  DatabaseSync.prototype.prepare = function (this: DatabaseSync, ...given) {
    databases.add(this);
    return prepare.apply(this, given);
  };
  let state: DiskState = 'fine';
  const timer = setInterval(() => {
    const { disk = 'fine' } = readOrders(file);
    if (disk === state) return;
    const open = [...databases].filter((database) => database.isOpen);
    // In the middle of a transaction the limit would come too early for what is written already.
    if (open.some((database) => database.isTransaction)) return;
    for (const database of open) database.exec(pragmas[disk]);
    state = disk;
  }, lookIntervalMs);
  timer.unref();
}

const control = process.env[controlVariable];
if (control !== undefined) watchDisk(control);
