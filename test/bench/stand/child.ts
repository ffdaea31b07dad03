import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** A helper process of the benchmark that is told things and tells things. */
export type Child<Order extends object, Message> = {
  readonly pid: number;
  tell(order: Order): void;
  /** Resolves with what `accept` gives back for the first message from now on for which it gives anything. */
  hear<Found>(accept: (message: Message) => Found | undefined): Promise<Found>;
  stop(): void;
};

/** Starts a module as a process of its own, which ends with this one. */
export function startChild<Order extends object, Message>(
  module: URL,
  given: readonly string[] = [],
): Child<Order, Message> {
  const child = fork(fileURLToPath(module), given, {
    serialization: 'advanced',
    execArgv: ['--disable-warning=ExperimentalWarning'],
  });
  return {
    pid: child.pid ?? 0,
    tell: (order) => void child.send(order),
    hear: (accept) =>
      new Promise((resolve, reject) => {
        const ended = (): void => reject(new Error('a helper process ended'));
        const listen = (message: unknown): void => {
          // Both ends are ours, and of one version.
          const found = accept(message as Message);
          if (found === undefined) return;
          child.off('message', listen);
          child.off('exit', ended);
          resolve(found);
        };
        child.on('message', listen);
        child.once('exit', ended);
      }),
    stop: () => void child.kill('SIGKILL'),
  };
}
