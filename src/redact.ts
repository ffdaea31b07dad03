/** Replaces secrets in text. Shorter ones than `MIN_SECRET_LENGTH` are left alone: masking `admin` would garble the log. */
export type Redactor = {
  mask(text: string): string;
  /** Masks `secret` from now on. Of those added so, only the newest `MAX_ADDED_SECRETS` are remembered. */
  add(secret: string): void;
};

export const MASK = '[masked]';
export const MIN_SECRET_LENGTH = 6;
/** Platforms hand out a token every two hours or less often; two hundred of them last for days. */
export const MAX_ADDED_SECRETS = 200;

// Credentials are masked by their place as well, for those nobody told us about.
const BEARER = /\b(Bearer|Basic)\s+[\w.~+/=-]{6,}/gi;
const QUERY_PARAMETER =
  /([?&](?:[\w-]*(?:access_token|secret|ticket|token|api_?key|sign|signature))=)[^&\s"'#<>]+/gi;
const JSON_FIELD =
  /(\\?"[\w-]*(?:access_?token|secret|ticket|password|api_?key|authorization)\\?"\s*:\s*\\?")[^"\\]+/gi;

/** `secrets` are masked for as long as the process lives, in plain, URL-encoded, JSON-escaped and base64 form. */
export function createRedactor(secrets: readonly string[]): Redactor {
  const permanent = secrets.flatMap(formsOf);
  const added = new Map<string, readonly string[]>();
  let pattern = compile(permanent);

  return {
    mask(text) {
      const known = pattern === undefined ? text : text.replace(pattern, MASK);
      return known
        .replace(BEARER, (_, scheme: string) => `${scheme} ${MASK}`)
        .replace(QUERY_PARAMETER, `$1${MASK}`)
        .replace(JSON_FIELD, `$1${MASK}`);
    },
    add(secret) {
      if (added.has(secret) || permanent.includes(secret)) return;
      const forms = formsOf(secret);
      if (forms.length === 0) return;
      added.set(secret, forms);
      if (added.size > MAX_ADDED_SECRETS) {
        for (const oldest of added.keys()) {
          added.delete(oldest);
          break;
        }
      }
      pattern = compile([...permanent, ...[...added.values()].flat()]);
    },
  };
}

function formsOf(secret: string): readonly string[] {
  if (secret.length < MIN_SECRET_LENGTH) return [];
  const wellFormed = secret.toWellFormed();
  const json = JSON.stringify(wellFormed).slice(1, -1);
  const url = encodeURIComponent(wellFormed);
  const forms = [
    secret,
    secret.trim(),
    url,
    url.replace(/%[\dA-F]{2}/g, (escape) => escape.toLowerCase()),
    new URLSearchParams([['', wellFormed]]).toString().slice(1),
    json,
    JSON.stringify(json).slice(1, -1),
    ...base64Forms(wellFormed),
  ];
  return [...new Set(forms.filter((form) => form.length >= MIN_SECRET_LENGTH))];
}

/**
 * What base64 makes of the secret wherever it stands in the encoded text, as in `user:secret`: at each of the three
 * alignments, without the characters that also depend on its neighbours.
 */
function base64Forms(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  return [0, 1, 2].flatMap((shift) => {
    const encoded = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64');
    const from = Math.ceil((shift * 8) / 6);
    const to = Math.floor(((shift + bytes.length) * 8) / 6);
    const form = encoded.slice(from, to);
    return [form, form.replaceAll('+', '-').replaceAll('/', '_')];
  });
}

// Longest first, so that a secret that begins with another one is masked whole.
function compile(forms: readonly string[]): RegExp | undefined {
  if (forms.length === 0) return undefined;
  const longestFirst = [...new Set(forms)].sort((left, right) => right.length - left.length);
  return new RegExp(longestFirst.map((form) => form.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|'), 'g');
}
