import { readFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';

/** Linux counts processor time in hundredths of a second (`USER_HZ`, the same on every architecture Node runs on). */
const ticksPerSecond = 100;

/** Resident memory of a process, in MiB, as Linux itself counts it; 0 once it has ended. */
export function residentMebibytes(pid: number): number {
  const kibibytes = Number(/^VmRSS:\s+(\d+)/m.exec(read(pid, 'status'))?.[1] ?? 0);
  return kibibytes / 1024;
}

/** Processor time a process has used since its start, in its own code and in the kernel's on its behalf, in seconds. */
export function processorSeconds(pid: number): number {
  // The second field is the program's name in parentheses and may hold anything.
  const fields = read(pid, 'stat').split(') ').at(-1)?.split(' ') ?? [];
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / ticksPerSecond;
}

function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}

/** Looks at a process again and again; gives back the most memory it had. */
export function watchMemory(pid: number): { stop(): number } {
  let most = residentMebibytes(pid);
  const timer = setInterval(() => (most = Math.max(most, residentMebibytes(pid))), 200);
  return {
    stop() {
      clearInterval(timer);
      return Math.max(most, residentMebibytes(pid));
    },
  };
}

/** How busy this process is itself, which runs the simulated platform. */
export type OwnWork = {
  /** Of one core. */
  readonly processorShare: number;
  /** How late timers were, 99 in 100 less than this. */
  readonly loopLagP99Ms: number;
};

const resolutionMs = 10;

export function watchOwnWork(): { stop(): OwnWork } {
  const delay = monitorEventLoopDelay({ resolution: resolutionMs });
  const [beganAt, usedBefore] = [performance.now(), process.cpuUsage()];
  delay.enable();
  return {
    stop() {
      delay.disable();
      const { user, system } = process.cpuUsage(usedBefore);
      return {
        processorShare: (user + system) / 1000 / (performance.now() - beganAt),
        loopLagP99Ms: Math.max(0, delay.percentile(99) / 1e6 - resolutionMs),
      };
    },
  };
}
