import { words } from './cause.ts';

/** What the model does with a question. */
export const causesInTheModel = {
  slow: words(
    ({ detail }) => [
      `${detail} 秒内没有开始回答：排队、显存不足转到内存，或模型正在载入。`,
      `No answer began within ${detail} s: a queue, VRAM spilling into memory, or the model being loaded.`,
    ],
    () => [
      '请看 nvidia-smi（利用率为 0 说明没有用上 GPU）、内存和交换分区，以及服务日志；可调小 --max-model-len、调 --gpu-memory-utilization，或换小一些的模型、量化版。',
      'Look at nvidia-smi (0 % use: the GPU is idle), at memory and swap, and at the server’s log; lower --max-model-len, adjust --gpu-memory-utilization, or take a smaller model or a quantised one.',
    ],
  ),
  'cut-off': words(
    () => ['回答中途断了，没有结束标记。', 'The answer broke off without its end mark.'],
    () => [
      '请看模型服务的日志；中间有代理时检查它的超时和缓冲。',
      'Read the model server’s log; with a proxy in between check its time limits and buffering.',
    ],
  ),
  stalled: words(
    ({ detail }) => [
      `回答到一半停住了，${detail} 秒内没有说完。`,
      `The answer stopped in the middle and was not finished within ${detail} s.`,
    ],
    () => [
      '请看 nvidia-smi 和模型服务的日志（引擎卡住时要重启）；中间有代理时，设 proxy_buffering off 并调大 proxy_read_timeout。',
      'Look at nvidia-smi and the model server’s log (a hanging engine needs a restart); with a proxy in between, set proxy_buffering off and raise proxy_read_timeout.',
    ],
  ),
  endless: words(
    ({ detail }) => [
      `模型停不下来：只要了 ${detail} 个词元，它还在继续说。`,
      `The model does not stop: ${detail} tokens were asked for, and it goes on.`,
    ],
    () => [
      '请检查模型服务的对话模板（--chat-template）和模型目录里 generation_config.json 的结束符，或升级推理引擎。',
      'Check the server’s chat template (--chat-template) and the end token in the model’s generation_config.json, or upgrade the engine.',
    ],
  ),
  'content-filter': words(
    () => [
      '服务器前面的内容审核拦下了一个无害的问题。',
      'A content filter at the server stopped the answer to a harmless question.',
    ],
    () => [
      '请检查网关或模型服务的审核设置；推理引擎自己一般没有审核。',
      'Check the moderation settings of the gateway or the model server; engines themselves seldom have any.',
    ],
  ),
  'no-embeddings': words(
    ({ detail }) => [
      `列表里有向量模型 ${detail}，但 /v1/embeddings 没有给出向量。`,
      `The list has the embedding model ${detail}, but /v1/embeddings gave no vector.`,
    ],
    () => [
      '不影响聊天；需要向量时，vLLM 用 --runner pooling、SGLang 用 --is-embedding、llama.cpp 用 --embedding 启动它。',
      'Chats work without it; to have vectors start that model with --runner pooling (vLLM), --is-embedding (SGLang) or --embedding (llama.cpp).',
    ],
  ),
  buffered: words(
    () => [
      '流式回答被攒成一块才到：中间的代理在缓冲。',
      'The streamed answer arrived in one piece: a proxy in between buffers it.',
    ],
    () => [
      '请在反向代理上设 proxy_buffering off（Nginx）。',
      'Set proxy_buffering off in the reverse proxy (nginx).',
    ],
  ),
  'no-streaming': words(
    () => [
      '服务器不会流式回答，整段才到，人要等更久。',
      'The server does not stream: answers come whole, and people wait longer.',
    ],
    () => [
      '可以使用；想看到逐字出现，请换 vLLM 或 SGLang。',
      'It works; for growing answers use vLLM or SGLang.',
    ],
  ),
  'no-vision': words(
    ({ detail }) => [`模型 ${detail} 看不了图片。`, `The model ${detail} cannot see pictures.`],
    () => [
      '请换 Qwen3-VL 一类的模型（llama.cpp 要加 --mmproj），或用 QWEN_VISION_BASE_URL 指向能看图的服务器。',
      'Serve a Qwen3-VL model (llama.cpp needs --mmproj), or point QWEN_VISION_BASE_URL at a server that can see.',
    ],
  ),
  'bad-image': words(
    () => ['模型服务读不了标准的 PNG 图片。', 'The model server cannot read a plain PNG picture.'],
    () => [
      '请检查模型服务的图像处理依赖（Pillow、qwen-vl-utils）和日志。',
      'Check the server’s picture libraries (Pillow, qwen-vl-utils) and its log.',
    ],
  ),
  'body-too-large': words(
    () => [
      '一张普通图片大小的请求被拒绝（413）：前面的 Nginx 默认只放行 1 MB。',
      'A request the size of an ordinary picture is refused (413): nginx lets 1 MB pass by default.',
    ],
    () => ['请在 Nginx 里设 client_max_body_size 64m。', 'Set client_max_body_size 64m in nginx.'],
  ),
  'thinking-switch': words(
    () => ['服务器不认思考开关。', 'The server does not take the thinking switch.'],
    () => [
      '不影响回答；想开关思考，请升级推理引擎。',
      'Answers work without it; upgrade the engine to switch thinking.',
    ],
  ),
  'clock-skew': words(
    ({ detail }) => [
      `这台机器和模型服务器的时间差 ${detail} 秒。`,
      `This machine’s clock and the model server’s differ by ${detail} s.`,
    ],
    () => [
      '请在两台机器上启用时间同步（timedatectl set-ntp true）；聊天平台会拒收时间不准的请求。',
      'Turn on time synchronisation on both (timedatectl set-ntp true); chat platforms refuse requests with a wrong time.',
    ],
  ),
} as const;
