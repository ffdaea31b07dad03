import { adapterFactories as real } from '../../../adapters/index.ts';
import type { Adapter, AdapterFactory, AdapterPlan } from '../../../src/contract/adapter.ts';
import type { Inbox } from '../../../src/contract/inbound.ts';
import type { ReplySink } from '../../../src/contract/reply.ts';
import { around, report } from './around.ts';

function reportingSink(sink: ReplySink): ReplySink {
  return {
    get handle() {
      return sink.handle;
    },
    async update(latest, urgency, signal) {
      const leaving: typeof latest = () => {
        report('update', 'before');
        return latest();
      };
      await sink.update(leaving, urgency, signal);
      report('update', 'after');
    },
    close: (outcome, signal) => around('close', () => sink.close(outcome, signal)),
  };
}

function reportingInbox(inbox: Inbox): Inbox {
  return (event) => (event.type === 'message' ? around('received', () => inbox(event)) : inbox(event));
}

/** The adapter as it is; whatever it is asked to do for a turn can be the process's last. */
function reportingAdapter(adapter: Adapter): Adapter {
  const changed: Partial<Adapter> = {
    start: (inbox) => adapter.start(reportingInbox(inbox)),
    openReply: async (opening, signal) => {
      const step = opening.whole === undefined ? 'open' : 'whole';
      return reportingSink(await around(step, () => adapter.openReply(opening, signal)));
    },
    resumeReply: async (handle, signal) =>
      reportingSink(await around('resume', () => adapter.resumeReply(handle, signal))),
    fetchMedia: (ref, signal) => around('picture', () => adapter.fetchMedia(ref, signal)),
  };
  return new Proxy(adapter, {
    get(target, name) {
      const value: unknown = Reflect.get(changed, name) ?? Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

function reportingPlan(plan: AdapterPlan): AdapterPlan {
  if (plan.state !== 'ready') return plan;
  return { ...plan, create: async (deps) => reportingAdapter(await plan.create(deps)) };
}

/** Every integration there is, as the service imports them. */
export const adapterFactories: readonly AdapterFactory[] = real.map((factory) => ({
  ...factory,
  plan: (env) => reportingPlan(factory.plan(env)),
}));
