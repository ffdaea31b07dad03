import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const here = (name: string): string => fileURLToPath(new URL(`certificates/${name}`, import.meta.url));

/**
 * What a company's own authority has signed, for `*.company.test`, `localhost` and 127.0.0.1. Made once with OpenSSL, good
 * until 2126; the authority's own key was thrown away.
 */
export const companyCertificate = {
  cert: readFileSync(here('server.pem')),
  key: readFileSync(here('server-key.pem')),
} as const;

/** Where the authority's certificate lies, for `NODE_EXTRA_CA_CERTS`. */
export const companyAuthorityPath = here('ca.pem');
