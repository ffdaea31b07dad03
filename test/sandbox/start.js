// Plain JavaScript without types, for it must also run where Node is too old for the rest, and say so.

/** `EX_CONFIG` of sysexits.h: restarting does not help. */
const CONFIGURATION_FAULT = 78;

if (Number(process.versions.node.split('.')[0]) < 24) {
  process.stderr.write(
    `The demo needs Node 24 or later, this is ${process.versions.node}: install it from https://nodejs.org, or run "npm ci" with optional dependencies on Linux.\n`,
  );
  process.exitCode = CONFIGURATION_FAULT;
} else {
  const { runDemo } = await import('./demo.ts');
  await runDemo();
}
