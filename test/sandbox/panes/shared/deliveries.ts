import type { PaneEvent, View } from '../../pane.ts';

/** One push of a platform and every attempt, in the words all panes share. */
export type DeliveryView = {
  readonly eventType: string;
  readonly attempts: readonly {
    readonly atMs: number;
    /** Until the acknowledgement; undefined where there is none. */
    readonly durationMs: number | undefined;
    /** `acknowledged`, `sent` (nothing is acknowledged), `timeout`, `refused`, `lost`, `no-connection`. */
    readonly outcome: string;
  }[];
  readonly state: string;
};

type Watched<Delivery> = {
  readonly deliveries: () => readonly Delivery[];
  readonly connections: () => number;
  readonly view: (delivery: Delivery) => DeliveryView;
};

const watchIntervalMs = 150;
const shownDeliveries = 60;

/** Deliveries and connections change without telling; so they are looked at now and then. */
export function watchDeliveries<Delivery extends object>(
  { deliveries, connections, view }: Watched<Delivery>,
  emit: (event: PaneEvent) => void,
): { recent(): readonly View[]; stop(): void } {
  const seen = new WeakMap<Delivery, { readonly id: number; sign: string }>();
  let [last, linked] = [0, 0];

  function known(delivery: Delivery): { readonly id: number; sign: string } {
    const found = seen.get(delivery) ?? { id: (last += 1), sign: '' };
    seen.set(delivery, found);
    return found;
  }

  const recent = (): readonly Delivery[] => deliveries().slice(-shownDeliveries);
  const shown = (delivery: Delivery): View => ({ id: `event-${known(delivery).id}`, ...view(delivery) });
  const timer = setInterval(() => {
    for (const delivery of recent()) {
      const { attempts, state } = view(delivery);
      const entry = known(delivery);
      const sign = `${attempts.length} ${state}`;
      if (entry.sign === sign) continue;
      entry.sign = sign;
      emit({ type: 'delivery', delivery: shown(delivery) });
    }
    const now = connections();
    if (now !== linked) emit({ type: 'link', connections: (linked = now) });
  }, watchIntervalMs);
  return { recent: () => recent().map(shown), stop: () => clearInterval(timer) };
}
