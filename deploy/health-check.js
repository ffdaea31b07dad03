// Ends with 0 when the service in this container answers, with 1 otherwise. The image has no curl.
const waitMs = 4_000;
const url = `http://127.0.0.1:${process.env.PORT || 3000}/healthz`;

function end(fault) {
  if (fault !== undefined) console.error(`${url}: ${fault}`);
  process.exit(fault === undefined ? 0 : 1);
}

setTimeout(end, waitMs, 'no answer');
fetch(url).then(
  ({ status }) => end(status === 200 ? undefined : `status ${status}`),
  (error) => end(error.cause?.code ?? error.message),
);
