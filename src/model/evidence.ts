/** A fault's evidence is at most this long: enough to recognise the cause in a log line or a table. */
const maxEvidenceCharacters = 200;

/**
 * A server's words made fit for the log: tags, keys and echoes of the request taken out, at most 200 characters. vLLM's
 * validation errors repeat the offending input after `'input':`, which would put a person's words into the log.
 */
export function toEvidence(words: string, secrets: readonly string[] = []): string {
  let clean = words
    .slice(0, 10_000)
    .replace(/<(head|style|script)[\s\S]*?<\/\1>/gi, ' ')
    .replace(/<[^>]{0,500}>/g, ' ')
    .replace(/['"](input|ctx|url)['"]:[\s\S]*/, '…')
    .replace(/data:image\/[^\s"']*/g, 'data:image…')
    .replace(/\b(Bearer\s+)\S+|\bsk-[\w-]{6,}/gi, '$1***');
  for (const secret of secrets) if (secret !== '') clean = clean.replaceAll(secret, '***');
  clean = clean.replace(/\s+/g, ' ').trim();
  return clean.length > maxEvidenceCharacters ? `${clean.slice(0, maxEvidenceCharacters - 1)}…` : clean;
}
