import { registerHooks } from 'node:module';

// Read by Node before the service's own entry (`--import`): the service is started as people start it and knows nothing of
// this. Its adapters are those of production with a thin layer around them.

const adapters = new URL('../../../../adapters/index.ts', import.meta.url);
const standIn = new URL('noting-adapters.ts', import.meta.url);

registerHooks({
  resolve(specifier, context, next) {
    const found = next(specifier, context);
    // The stand-in itself goes on to the real one.
    if (found.url !== adapters.href || context.parentURL === standIn.href) return found;
    return { ...found, url: standIn.href };
  },
});
