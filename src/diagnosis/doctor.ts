import type { Check } from '../contract/adapter.ts';
import type { ModelHealth } from '../model/types.ts';
import { checkWords, modelWords } from '../reply/notices/doctor.ts';
import { faults } from '../reply/notices/endings.ts';
import { createAdapters, modelFrom, type ServiceOptions } from '../service.ts';

export type DoctorOptions = ServiceOptions & {
  /** Prints one line of the report. */
  readonly print: (line: string) => void;
};

/** A check that takes longer than this counts as failed. */
const checkTimeoutMs = 20_000;

const marks = { passed: '✓', failed: '✗', unknown: '?' } as const;

function lines(id: string, check: Check, language: 'zh' | 'en'): string[] {
  const head = `${marks[check.state]} ${id} · ${checkWords[check.code][language]} · ${check.durationMs} ms · ${check.evidence}`;
  const missing = check.missing?.map((permission) => `    - ${permission}`) ?? [];
  return [head, ...missing, ...(check.link === undefined ? [] : [`    ${check.link}`])];
}

function modelLine({ description, state, fault }: ModelHealth, language: 'zh' | 'en'): string {
  const mark = state === 'up' ? marks.passed : marks.failed;
  const name =
    'model' in description ? `${description.model} (${description.engine})` : modelWords.unknown[language];
  const why = fault === undefined ? '' : ` · ${faults[fault.code][language]} · ${fault.evidence}`;
  return `${mark} ${description.host} · ${name}${why}`;
}

/** Tries credentials, permissions and model servers one by one and prints what it saw. True when nothing failed. */
export async function runDoctor(options: DoctorOptions): Promise<boolean> {
  const { config, print } = options;
  const language = config.locale;
  const adapters = await createAdapters(options);
  const model = modelFrom(options);
  let failed = false;
  for (const adapter of adapters) {
    for await (const check of adapter.probe(AbortSignal.timeout(checkTimeoutMs))) {
      failed ||= check.state === 'failed';
      lines(adapter.id, check, language).forEach(print);
    }
    await adapter.stop();
  }
  const signal = AbortSignal.timeout(checkTimeoutMs);
  await Promise.all([model.describe({ vision: false }, signal), model.describe({ vision: true }, signal)]);
  for (const health of model.health()) {
    failed ||= health.state !== 'up';
    print(modelLine(health, language));
  }
  await model.stop();
  return !failed;
}
