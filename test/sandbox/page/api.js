import { say } from './words.js';

/** Asks the demo's server to do something; shows its sentence when it cannot. */
export async function act(target, action, given = {}) {
  const response = await fetch(`/do/${target}/${action}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(given),
  }).catch(() => undefined);
  const answer = await response?.json().catch(() => undefined);
  if (response?.ok !== true) {
    toast(answer?.error ?? say('gone'), 'error');
    return undefined;
  }
  return answer;
}

const toastMs = 3500;

/** A sentence for a moment, as the chat client shows the answer to a pressed button. */
export function toast(words, type = 'info') {
  const node = document.createElement('div');
  node.className = `toast ${type === 'error' ? 'toast-error' : ''}`;
  node.setAttribute('role', 'status');
  node.textContent = words;
  document.body.append(node);
  setTimeout(() => node.remove(), toastMs);
}

/** Follows the server's changes; comes back by itself, and then `take` gets a whole snapshot again. */
export function follow(take, onLink) {
  const source = new EventSource('/changes');
  source.onopen = () => onLink(true);
  source.onerror = () => onLink(false);
  source.onmessage = ({ data }) => take(JSON.parse(data));
}
