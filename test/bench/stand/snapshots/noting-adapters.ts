import { appendFileSync } from 'node:fs';
import { adapterFactories as real } from '../../../../adapters/index.ts';
import type { Adapter, AdapterFactory, AdapterPlan } from '../../../../src/contract/adapter.ts';
import type { ReplySink, Snapshot } from '../../../../src/contract/reply.ts';
import { preciseNow } from '../model-protocol.ts';
import { notesVariable } from './notes.ts';

const file = process.env[notesVariable];

/** One line for each snapshot taken while an answer grows; there are only as many as the platform takes calls. */
function note(question: string, { markdown }: Snapshot): void {
  if (file !== undefined)
    appendFileSync(file, `${question} ${preciseNow()} ${Math.ceil(markdown.trimEnd().length / 2)}\n`);
}

function notingSink(sink: ReplySink, question: string): ReplySink {
  return {
    get handle() {
      return sink.handle;
    },
    update(latest, urgency, signal) {
      const taking = (): Snapshot => {
        const snapshot = latest();
        note(question, snapshot);
        return snapshot;
      };
      return sink.update(taking, urgency, signal);
    },
    close: (outcome, signal) => sink.close(outcome, signal),
  };
}

/** The adapter as it is, but for a note of what each of its replies was given to show. */
function notingAdapter(adapter: Adapter): Adapter {
  return new Proxy(adapter, {
    get(target, name) {
      if (name === 'openReply') {
        const open: Adapter['openReply'] = async (opening, signal) => {
          const question = /om_\w+/.exec(JSON.stringify(opening.target))?.[0] ?? '?';
          return notingSink(await target.openReply(opening, signal), question);
        };
        return open;
      }
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

function notingPlan(plan: AdapterPlan): AdapterPlan {
  if (plan.state !== 'ready') return plan;
  return { ...plan, create: async (deps) => notingAdapter(await plan.create(deps)) };
}

/** Every integration there is, as the service imports them. */
export const adapterFactories: readonly AdapterFactory[] = real.map((factory) => ({
  ...factory,
  plan: (env) => notingPlan(factory.plan(env)),
}));
