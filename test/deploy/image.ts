import { spawnSync } from 'node:child_process';
import {
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { readImageSettings, readStages, reachesBuild, repository } from './dockerfile.ts';

/** The folder `/app` of the image, made without Docker: by the Dockerfile's own instructions. */
export type Image = { readonly app: string; remove(): void };

/** Only root can give files to the image's user and become it. */
export const isRoot = process.getuid?.() === 0;

/** What `npm ci --omit=dev` would install, taken from what is installed. */
function copyPackages(to: string): void {
  const lock = JSON.parse(readFileSync(join(repository, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: boolean; devOptional?: boolean }>;
  };
  for (const [path, { dev, devOptional }] of Object.entries(lock.packages)) {
    if (path === '' || dev === true || devOptional === true || !existsSync(join(repository, path))) continue;
    // Nested ones have entries of their own.
    const nested = join(repository, path, 'node_modules');
    cpSync(join(repository, path), join(to, path), {
      recursive: true,
      verbatimSymlinks: true,
      filter: (source) => !source.startsWith(nested),
    });
  }
}

function copy(value: string, packages: string, app: string): void {
  const parts = value.split(/\s+/);
  const fromStage = parts[0] === '--from=packages';
  const [target = '', ...sources] = (fromStage ? parts.slice(1) : parts).toReversed();
  for (const source of sources) {
    if (!fromStage && !reachesBuild(source)) throw new Error(`.dockerignore keeps ${source} away`);
    const from = fromStage ? join(packages, source.replace('/app/', '')) : join(repository, source);
    const to = target.endsWith('/') ? join(app, target, source) : join(app, target);
    mkdirSync(dirname(to), { recursive: true });
    // The other stage is not needed again, and moving is faster.
    if (fromStage) renameSync(from, to);
    else cpSync(from, to, { recursive: true });
  }
}

function run(command: string, app: string, user: readonly [number, number] | undefined): void {
  const [uid, gid] = user ?? [];
  const path = `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}`;
  const { status, stderr } = spawnSync('sh', ['-c', command], {
    cwd: app,
    env: { PATH: path, ...readImageSettings().environment },
    encoding: 'utf8',
    ...(isRoot && uid !== undefined && gid !== undefined ? { uid, gid } : {}),
  });
  if (status !== 0) throw new Error(`RUN ${command} ended with ${status}: ${stderr}`);
}

/** Does in temporary folders what `docker build` does, but for `npm ci`. Needs root, for the files' owners. */
export function buildImage(): Image {
  const folder = mkdtempSync(join(tmpdir(), 'bridge-image-'));
  const [packages, app] = [join(folder, 'packages'), join(folder, 'app')];
  for (const path of [packages, app]) mkdirSync(path, { mode: 0o755 });
  chownSync(folder, 0, 0);
  spawnSync('chmod', ['755', folder]);
  copyPackages(packages);
  const [, packageStage = [], lastStage = []] = readStages();
  for (const { name, value } of packageStage) {
    if (name === 'RUN' && !value.startsWith('npm ci')) run(value, packages, undefined);
  }
  let user: [number, number] | undefined;
  for (const { name, value } of lastStage) {
    if (name === 'COPY') copy(value, packages, app);
    if (name === 'USER') user = readImageSettings().user;
    if (name === 'RUN') run(value, app, user);
  }
  return { app, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
