import { createAdapters } from '../create-adapters.ts';
import type { ServiceOptions } from '../service.ts';
import { diagnose } from './diagnose.ts';
import { createReport, plainForm, reportAsJson } from './report.ts';

export type DoctorOptions = ServiceOptions & {
  /** What stands behind `npm run doctor --`: `--json`, `--bench`. */
  readonly flags: readonly string[];
  /** Prints one line of the report. */
  readonly print: (line: string) => void;
};

/** Tries everything once and prints it line by line, or as JSON at the end. True when nothing failed. */
export async function runDoctor(options: DoctorOptions): Promise<boolean> {
  const { config, clock, version, flags, print } = options;
  const json = flags.includes('--json');
  const report = createReport(plainForm, config.locale);
  const adapters = await createAdapters(options);
  const settings = { config, adapters, clock, version, running: false };
  const over = new AbortController();
  try {
    const events = diagnose(settings, { benchmark: flags.includes('--bench') }, over.signal);
    for await (const event of events) {
      if (event.type === 'begun') continue;
      const lines = report.add(event);
      if (!json) lines.forEach(print);
    }
  } finally {
    over.abort();
    await Promise.all(adapters.map((adapter) => adapter.stop()));
  }
  if (json) print(reportAsJson(report, config.locale));
  else report.conclude().forEach(print);
  return report.well();
}
