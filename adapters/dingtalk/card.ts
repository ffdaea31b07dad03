import type { Button, FactBlock, ReplyOutcome, Snapshot } from '../../src/contract/reply.ts';
import { cardText } from './card-text.ts';
import { factMarkdown } from './facts.ts';
import type { CardVariables } from './operations.ts';

const KINDS: readonly Button['kind'][] = ['stop', 'retry', 'good', 'bad'];

/** Documented: a value of at most 1 KB (only the streamed variable may be longer). */
const MAX_VALUE_BYTES = 1_000;

/** What grows in the card: the answer. */
export function contentOf({ markdown, notice, facts = [] }: Snapshot, ended: boolean): string {
  if (markdown !== '' || !ended) return cardText(markdown);
  // A card that ends without any text would look as if it were still at work.
  return cardText(notice ?? (facts.length > 0 ? factsOf(facts) : '…'));
}

/** Everything beside the growing text: variables of the template in `docs/dingtalk/card-template.json`. */
export function variablesOf(snapshot: Snapshot, ended: boolean): CardVariables {
  const { markdown, facts = [], notice, progress, footer, buttons = [] } = snapshot;
  const empty = ended && markdown === '';
  const noticeIsContent = empty && notice !== undefined;
  const factsAreContent = empty && !noticeIsContent;
  return {
    facts: factsAreContent ? '' : cardText(factsOf(facts)),
    progress: shortened(ended ? '' : (progress ?? '')),
    notice: shortened(noticeIsContent ? '' : (notice ?? '')),
    footer: shortened(footer ?? ''),
    ...Object.fromEntries(
      KINDS.flatMap((kind) =>
        Object.entries(
          buttonVariables(
            kind,
            buttons.find((one) => one.kind === kind),
          ),
        ),
      ),
    ),
  };
}

const factsOf = (facts: readonly FactBlock[]): string => facts.map(factMarkdown).join('\n\n');

/** A button of the template is shown while its variable is `true`, and sends its id back. */
function buttonVariables(kind: Button['kind'], button: Button | undefined): CardVariables {
  if (button === undefined) return { [`${kind}Shown`]: 'false' };
  return {
    [`${kind}Shown`]: 'true',
    [`${kind}Id`]: button.id,
    [`${kind}Label`]: shortened(button.chosen === true ? `✓ ${button.label}` : button.label),
  };
}

/** What the end of a reply shows: no stop button, and no buttons at all where a further reply goes on. */
export function endSnapshot({ status, snapshot }: ReplyOutcome): Snapshot {
  const { buttons = [] } = snapshot;
  return {
    ...snapshot,
    buttons: status === 'continued' ? [] : buttons.filter(({ kind }) => kind !== 'stop'),
  };
}

function shortened(text: string): string {
  if (Buffer.byteLength(text) <= MAX_VALUE_BYTES) return text;
  const bytes = Buffer.from(text).subarray(0, MAX_VALUE_BYTES - 3);
  // What the cut left of a character is dropped.
  return `${new TextDecoder().decode(bytes).replace(/\uFFFD$/, '')}…`;
}
