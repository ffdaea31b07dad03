import { words } from './cause.ts';

/** What the model server, or something before it, answers. */
export const causesOfAnswers = {
  'wrong-path': words(
    ({ detail }) => [
      `地址不对（404）${detail === '' ? '：路径错误，或不是 OpenAI 兼容的服务' : `，可用的地址是 ${detail}`}。`,
      `The address is wrong (404)${detail === '' ? ': another path, or not an OpenAI-compatible server' : `; ${detail} is the right one`}.`,
    ],
    ({ detail }) => [
      detail === ''
        ? 'QWEN_BASE_URL 应以 /v1 结尾，后面是 /chat/completions；请对照模型服务的文档。'
        : `请在 .env 里写 QWEN_BASE_URL=${detail}。`,
      detail === ''
        ? 'QWEN_BASE_URL should end in /v1, followed by /chat/completions; compare with the server’s documentation.'
        : `Write QWEN_BASE_URL=${detail} into .env.`,
    ],
  ),
  'wrong-key': words(
    () => ['模型服务器不接受 QWEN_API_KEY（401）。', 'The model server does not accept QWEN_API_KEY (401).'],
    () => [
      '请把 QWEN_API_KEY 改成启动模型服务时 --api-key 的值（区分大小写，前后没有空格）。',
      'Set QWEN_API_KEY to the value the server was started with (--api-key; case matters, no blanks around it).',
    ],
  ),
  'missing-key': words(
    () => [
      '模型服务器要密钥，但没有配置（401）。',
      'The model server wants a key and none is configured (401).',
    ],
    () => [
      '请在 .env 里写 QWEN_API_KEY=启动模型服务时 --api-key 的值。',
      'Write QWEN_API_KEY=… into .env, with the value the server was started with (--api-key).',
    ],
  ),
  'gateway-refusal': words(
    () => [
      '网关拒绝了请求（403）：推理引擎自己不会回 403，是它前面的反向代理、WAF 或 IP 白名单。',
      'A gateway refused the request (403): engines answer 401, so this comes from a reverse proxy, WAF or IP allowlist before it.',
    ],
    () => [
      '请在网关上放行这台机器的 IP，检查它要的密钥（是否过期或被吊销）或请求头（QWEN_EXTRA_HEADERS，如 X-API-Key）、它的频率限制，以及这个密钥能否用这个模型。',
      'Let this machine’s IP address pass there; check which key (expired, revoked?) or header it wants (QWEN_EXTRA_HEADERS, X-API-Key say), its rate limit, and whether that key may use this model.',
    ],
  ),
  loading: words(
    () => ['模型还在加载（503）。', 'The model is still loading (503).'],
    () => [
      '请等几分钟再试；一直如此就看模型服务的日志。',
      'Try again in a few minutes; if it stays so, read the model server’s log.',
    ],
  ),
  'no-models': words(
    () => ['模型列表里没有能对话的模型：模型没有加载。', 'The list has no chat model: none has been loaded.'],
    () => [
      '请检查模型服务的启动参数和日志，确认模型已加载。',
      'Check the model server’s start options and its log until the model is loaded.',
    ],
  ),
  'model-missing': words(
    ({ detail }) => [
      `配置的模型不在列表里，服务器提供的是：${detail}。`,
      `The configured model is not served; the server has: ${detail}.`,
    ],
    () => [
      '请把 QWEN_MODEL 改成其中之一，或删去它（自动选择）。',
      'Set QWEN_MODEL to one of them, or remove it (automatic choice).',
    ],
  ),
  'not-openai': words(
    () => [
      '那里回答的不是 OpenAI 兼容的模型服务。',
      'What answers there is not an OpenAI-compatible model server.',
    ],
    () => [
      '请检查 QWEN_BASE_URL 的地址和端口，应有 GET /v1/models 和 POST /v1/chat/completions。',
      'Check address and port in QWEN_BASE_URL; GET /v1/models and POST /v1/chat/completions should exist.',
    ],
  ),
  'context-too-small': words(
    ({ detail }) => [
      `上下文只有 ${detail} 个词元，放不下一张图片和几轮对话。`,
      `The context holds only ${detail} tokens: too few for a picture and some turns.`,
    ],
    () => [
      '请把它调到 16384 以上：vLLM 用 --max-model-len，SGLang 用 --context-length，llama.cpp 用 -c，Ollama 用 OLLAMA_CONTEXT_LENGTH。',
      'Raise it to 16384 or more: --max-model-len (vLLM), --context-length (SGLang), -c (llama.cpp), OLLAMA_CONTEXT_LENGTH (Ollama).',
    ],
  ),
  overloaded: words(
    () => [
      '模型服务器过载，或限制了请求频率。',
      'The model server is overloaded or limits the request rate.',
    ],
    () => [
      '请稍后再试；经常如此就减小 QWEN_MAX_CONCURRENCY，或增加一台服务器。',
      'Try again later; if it happens often, lower QWEN_MAX_CONCURRENCY or add a server.',
    ],
  ),
  'gateway-502': words(
    () => [
      '反向代理连不上它后面的模型服务（502）：正在加载、已崩溃或端口写错。',
      'The reverse proxy cannot reach the model server behind it (502): loading, crashed, or a wrong port.',
    ],
    () => [
      '请检查模型服务是否在运行，以及代理的 proxy_pass 地址。',
      'Check that the model server runs, and the proxy’s proxy_pass address.',
    ],
  ),
  'gateway-504': words(
    () => [
      '反向代理等不及了（504）：它的超时比模型的回答短。',
      'The reverse proxy gave up (504): its time limit is shorter than the model’s answer.',
    ],
    () => [
      '请在代理上调大 proxy_read_timeout（如 600s）并设 proxy_buffering off。',
      'Raise proxy_read_timeout there (600s, say) and set proxy_buffering off.',
    ],
  ),
  'upstream-unreachable': words(
    () => [
      '中间的代理说它连不上模型服务。',
      'Something in between says that it cannot reach the model server.',
    ],
    () => [
      '请在那台机器上检查模型服务是否在运行、监听哪个端口、是否只监听 127.0.0.1。',
      'On that machine, check that the model server runs, on which port, and not on 127.0.0.1 only.',
    ],
  ),
  'engine-dead': words(
    () => ['推理引擎已经崩溃。', 'The inference engine has died.'],
    () => [
      '请看模型服务的日志（多半是显存不足），然后重启它。',
      'Read the model server’s log (usually out of memory), then restart it.',
    ],
  ),
  'missing-module': words(
    ({ detail }) => [
      `模型服务缺少 Python 模块 ${detail}。`,
      `The model server lacks the Python module ${detail}.`,
    ],
    ({ detail }) => [
      `请在模型服务的环境里运行 pip install ${detail}，然后重启它。`,
      `Run pip install ${detail} in the model server’s environment and restart it.`,
    ],
  ),
  'server-error': words(
    () => ['模型服务器内部出错（5xx）。', 'The model server reports an internal error (5xx).'],
    () => [
      '请看模型服务的日志（docker logs 或 journalctl -u 服务名）、内存和显存。',
      'Read the model server’s log (docker logs, or journalctl -u its unit); look at memory and VRAM.',
    ],
  ),
  'bad-request': words(
    () => ['模型服务器不接受请求的格式。', 'The model server does not accept the form of the request.'],
    () => [
      '请检查 QWEN_EXTRA_BODY 和 QWEN_EXTRA_HEADERS；服务器的话写在上面。',
      'Check QWEN_EXTRA_BODY and QWEN_EXTRA_HEADERS; the server’s words stand above.',
    ],
  ),
} as const;
