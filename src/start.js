// Plain JavaScript without types, for it must also run where Node is too old for the rest, and say so.
import module from 'node:module';
import { fileURLToPath } from 'node:url';

/** `EX_CONFIG` of sysexits.h: restarting does not help. */
const CONFIGURATION_FAULT = 78;

const fault = findFault();
if (fault === undefined) {
  // Compiled code is kept beside the packages and not in the shared temporary folder, where others could plant theirs.
  // Where that cannot be written to (a read-only image), Node goes on without.
  const cacheFolder = fileURLToPath(new URL('../node_modules/.cache/compile', import.meta.url));
  module.enableCompileCache(process.env.NODE_COMPILE_CACHE || cacheFolder);
  const argv = process.argv.slice(2);
  if (argv[0] === 'backup' || argv[0] === 'restore') {
    const { runBackupCommand } = await import('./backup-command.ts');
    process.exitCode = await runBackupCommand(argv, process.env);
  } else {
    const { main } = await import('./main.ts');
    await main(argv);
  }
} else {
  process.stderr.write(`${fault}\n`);
  process.exitCode = CONFIGURATION_FAULT;
}

function findFault() {
  if (Number(process.versions.node.split('.')[0]) < 24) {
    return `qwen-chat-bridge needs Node 24 or later, this is ${process.versions.node}: install it from https://nodejs.org, or run "npm ci" with optional dependencies on Linux.`;
  }
  if (process.env.NODE_TLS_REJECT_UNAUTHORIZED === '0') {
    return 'NODE_TLS_REJECT_UNAUTHORIZED=0 would let anyone read the secrets on their way: unset it, and name a private certificate authority in NODE_EXTRA_CA_CERTS instead.';
  }
  return undefined;
}
