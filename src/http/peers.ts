import { createHash, timingSafeEqual } from 'node:crypto';

/** The address the TCP connection comes from; forwarding headers are never looked at, for anyone can write them. */
export function peerAddress(socketAddress: string | undefined): string {
  return (socketAddress ?? '').replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '');
}

/** One key for what one peer can easily come from: an IPv4 address, or a /64 of IPv6. */
export function peerKey(address: string): string {
  if (!address.includes(':')) return address;
  const [head = '', tail = ''] = (address.split('%')[0] ?? '').toLowerCase().split('::');
  const first = head === '' ? [] : head.split(':');
  const last = tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: Math.max(0, 8 - first.length - last.length) }, () => '0');
  return [...first, ...zeros, ...last].slice(0, 4).join(':');
}

export function isLoopback(address: string): boolean {
  return address === '::1' || /^127\./.test(address);
}

/** Compares digests, so that neither the length nor the content of the secret shows in the time it takes. */
export function sameSecret(given: string, expected: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}
