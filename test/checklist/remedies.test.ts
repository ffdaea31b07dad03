import { describe, expect, it } from 'vitest';
import { causes, type CauseCode } from '../../src/reply/notices/doctor-causes.ts';
import { freePort } from '../support/service-process.ts';
import { examine } from '../src/diagnosis/support.ts';

/** Cause and remedy as a report shows them. */
function told(code: CauseCode, language: 'zh' | 'en'): string {
  const { cause, remedy } = causes[code]({ hostname: 'gpu.example', port: '8080', detail: '3' });
  return `${cause[language]} ${remedy[language]}`;
}

describe('the doctor names the command to check with, in either language', () => {
  it.each<readonly [CauseCode, readonly string[]]>([
    ['dns', ['nslookup gpu.example']],
    ['no-route', ['traceroute gpu.example']],
    ['firewall', ['nc -zv gpu.example 8080', 'TCP 8080']],
    ['refused-here', ['netstat -tuln | grep :8080']],
    [
      'refused-there',
      [
        '--host 0.0.0.0',
        '-p 8080:8080',
        'netstat -tuln | grep :8080',
        'docker logs',
        'curl http://127.0.0.1:8080/v1/models',
        'Uvicorn running on',
      ],
    ],
    ['dropped', ['--host 0.0.0.0', 'docker logs']],
    ['no-answer', ['nvidia-smi']],
    ['slow', ['nvidia-smi', '--max-model-len', '--gpu-memory-utilization']],
    ['server-error', ['docker logs', 'journalctl -u']],
    ['gateway-refusal', ['QWEN_EXTRA_HEADERS', 'X-API-Key']],
    ['context-too-small', ['--max-model-len', '--context-length', '-c', 'OLLAMA_CONTEXT_LENGTH']],
    ['gateway-502', ['proxy_pass']],
    ['gateway-504', ['proxy_read_timeout', 'proxy_buffering off']],
    ['body-too-large', ['client_max_body_size']],
    ['missing-module', ['pip install 3']],
    ['wrong-key', ['--api-key']],
    ['no-vision', ['--mmproj', 'QWEN_VISION_BASE_URL']],
  ])('%s: %j', (code, commands) => {
    for (const command of commands) {
      expect(told(code, 'zh')).toContain(command);
      expect(told(code, 'en')).toContain(command);
    }
  });
});

describe('the doctor names the cause people do not think of', () => {
  it.each<readonly [CauseCode, RegExp, RegExp]>([
    [
      'firewall',
      /安全组.*出站.*阿里云 ECS、腾讯云 CVM、华为云 ECS、CSDN 星图/,
      /outbound.*Alibaba.*Tencent.*Huawei.*CSDN/,
    ],
    ['refused-there', /只监听 127\.0\.0\.1.*没有映射.*加载/, /127\.0\.0\.1 only.*mapped.*loading/],
    ['refused-here', /容器.*宿主机/, /container.*host’s IP/],
    [
      'gateway-refusal',
      /引擎自己不会回 403.*反向代理.*白名单.*请求头/,
      /engines answer 401.*allowlist.*header/,
    ],
    ['loading', /几分钟/, /a few minutes/],
    ['gateway-502', /正在加载.*崩溃.*端口/, /loading, crashed.*port/],
    ['upstream-unreachable', /只监听 127\.0\.0\.1/, /not on 127\.0\.0\.1 only/],
    ['wrong-path', /可用的地址是 3/, /3 is the right one/],
  ])('%s', (code, zh, en) => {
    expect(told(code, 'zh')).toMatch(zh);
    expect(told(code, 'en')).toMatch(en);
  });

  it.each<readonly [CauseCode, RegExp, RegExp]>([
    ['slow', /排队.*显存不足.*换小一些的模型/, /queue.*VRAM.*smaller model/],
    ['engine-dead', /显存不足/, /out of memory/],
    ['server-error', /内存.*显存/, /memory.*VRAM/],
    ['dropped', /显存不足时进程会被杀掉/, /out of memory kills/],
  ])('too little memory: %s', (code, zh, en) => {
    expect(told(code, 'zh')).toMatch(zh);
    expect(told(code, 'en')).toMatch(en);
  });
});

it('a port of this machine that refuses names that very port in the command', async () => {
  const port = await freePort();
  const done = await examine(`http://127.0.0.1:${port}/v1`);
  const tcp = done.find(({ code }) => code === 'tcp')?.result;
  expect(tcp?.remedy?.zh).toContain(`netstat -tuln | grep :${port}`);
});
