import { words } from './cause.ts';

/** On the way to the model server. */
export const causesOnTheWay = {
  dns: words(
    ({ hostname }) => [`域名 ${hostname} 查不到地址。`, `The name ${hostname} cannot be resolved.`],
    ({ hostname }) => [
      `请检查 QWEN_BASE_URL 的拼写和这台机器的 DNS（nslookup ${hostname}），或直接写 IP 地址。`,
      `Check the spelling in QWEN_BASE_URL and this machine’s DNS (nslookup ${hostname}), or write the IP address.`,
    ],
  ),
  'refused-here': words(
    ({ port }) => [
      `本机端口 ${port} 拒绝连接：模型服务没有启动，或监听别的端口。`,
      `Port ${port} of this machine refuses connections: the model server is not running or listens elsewhere.`,
    ],
    ({ port }) => [
      `请启动模型服务（正在加载时要等几分钟），并用 netstat -tuln | grep :${port} 确认端口。本服务若在容器里，localhost 指容器自己，请改写宿主机的 IP。`,
      `Start the model server (loading takes minutes) and check the port with netstat -tuln | grep :${port}. If this service runs in a container, localhost is the container: write the host’s IP address.`,
    ],
  ),
  'refused-there': words(
    ({ port }) => [
      `端口 ${port} 拒绝连接：模型服务可能只监听 127.0.0.1，端口没有映射，或还在加载。`,
      `Port ${port} refuses connections: the model server may listen on 127.0.0.1 only, its port may not be mapped, or it is still loading.`,
    ],
    ({ port }) => [
      `请以 --host 0.0.0.0 启动，或检查 docker -p ${port}:${port}；在那台机器上用 netstat -tuln | grep :${port}、curl http://127.0.0.1:${port}/v1/models 和 docker logs 确认（就绪时日志里有 Uvicorn running on 或 Running on）。`,
      `Start it with --host 0.0.0.0, or check docker -p ${port}:${port}; on that machine look at netstat -tuln | grep :${port}, curl http://127.0.0.1:${port}/v1/models and docker logs (a ready server says Uvicorn running on, or Running on).`,
    ],
  ),
  'wrong-port': words(
    ({ port, detail }) => [
      `端口 ${port} 拒绝连接，但同一台机器的端口 ${detail} 上有模型服务。`,
      `Port ${port} refuses connections, but a model server answers on port ${detail} of the same machine.`,
    ],
    ({ hostname, detail }) => [
      `请在 .env 里写 QWEN_BASE_URL=http://${hostname}:${detail}/v1。`,
      `Write QWEN_BASE_URL=http://${hostname}:${detail}/v1 into .env.`,
    ],
  ),
  firewall: words(
    ({ hostname, port }) => [
      `连接 ${hostname}:${port} 超时：多半被防火墙或云安全组拦住了，也可能是这台机器的出站规则。`,
      `Connecting to ${hostname}:${port} timed out: most likely a firewall or security group, perhaps this machine’s own outbound rules.`,
    ],
    ({ hostname, port }) => [
      `请在安全组和防火墙里放行 TCP ${port}（阿里云 ECS、腾讯云 CVM、华为云 ECS、CSDN 星图都在控制台里设），再用 nc -zv ${hostname} ${port} 确认。`,
      `Allow TCP ${port} in the security group and the firewall (in the console of Alibaba Cloud ECS, Tencent Cloud CVM, Huawei Cloud ECS, CSDN Xingtu), then check with nc -zv ${hostname} ${port}.`,
    ],
  ),
  'no-route': words(
    ({ hostname }) => [`到 ${hostname} 没有网络通路。`, `There is no network route to ${hostname}.`],
    ({ hostname }) => [
      `请检查两台机器是否在同一网络或 VPN（traceroute ${hostname}），以及 QWEN_BASE_URL 里的地址。`,
      `Check that both machines share a network or VPN (traceroute ${hostname}), and the address in QWEN_BASE_URL.`,
    ],
  ),
  'proxy-unreachable': words(
    ({ hostname, port }) => [
      `连不上 QWEN_PROXY 指定的代理 ${hostname}:${port}。`,
      `The proxy named by QWEN_PROXY, ${hostname}:${port}, cannot be reached.`,
    ],
    () => [
      '请检查代理是否在运行；模型服务器在内网时，请删去 QWEN_PROXY。',
      'Check that the proxy is running; for a model server on the same network, remove QWEN_PROXY.',
    ],
  ),
  'https-to-http': words(
    ({ port }) => [`端口 ${port} 说的是 http，不是 https。`, `Port ${port} speaks http, not https.`],
    () => [
      '请把 QWEN_BASE_URL 开头的 https:// 改成 http://。',
      'Write http:// in place of https:// in QWEN_BASE_URL.',
    ],
  ),
  'http-to-https': words(
    ({ port }) => [`端口 ${port} 说的是 https，不是 http。`, `Port ${port} speaks https, not http.`],
    () => [
      '请把 QWEN_BASE_URL 开头的 http:// 改成 https://。',
      'Write https:// in place of http:// in QWEN_BASE_URL.',
    ],
  ),
  certificate: words(
    ({ hostname }) => [
      `${hostname} 的证书不受信任或已过期。`,
      `The certificate of ${hostname} is not trusted or has expired.`,
    ],
    () => [
      '私有 CA 请用 NODE_EXTRA_CA_CERTS=/路径/ca.pem 启动；过期的证书请更换，并核对两边的时间。',
      'For a private CA start with NODE_EXTRA_CA_CERTS=/path/ca.pem; replace an expired certificate, and compare the clocks.',
    ],
  ),
  'certificate-name': words(
    ({ hostname }) => [
      `证书上的域名不是 ${hostname}。`,
      `The certificate was issued for another name than ${hostname}.`,
    ],
    () => ['请在 QWEN_BASE_URL 里写证书上的域名。', 'Write the name on the certificate into QWEN_BASE_URL.'],
  ),
  dropped: words(
    ({ port }) => [
      `端口 ${port} 接通后立刻断开：容器里的服务可能只监听 127.0.0.1，或刚刚崩溃。`,
      `Port ${port} accepts and hangs up at once: the server inside the container may listen on 127.0.0.1 only, or it has just crashed.`,
    ],
    () => [
      '请让容器里的服务以 --host 0.0.0.0 启动，并看 docker logs（显存不足时进程会被杀掉）。',
      'Start the server inside the container with --host 0.0.0.0 and read docker logs (out of memory kills the process).',
    ],
  ),
  'not-http': words(
    ({ port }) => [`端口 ${port} 上不是 HTTP 服务。`, `What listens on port ${port} does not speak HTTP.`],
    () => ['请检查 QWEN_BASE_URL 的端口。', 'Check the port in QWEN_BASE_URL.'],
  ),
  'no-answer': words(
    ({ port, detail }) => [
      `端口 ${port} 接通了，但 ${detail} 秒内没有回答：服务可能卡住或过载。`,
      `Port ${port} is open but did not answer within ${detail} s: the server may hang or be overloaded.`,
    ],
    () => [
      '请看 nvidia-smi 和模型服务的日志，必要时重启模型服务。',
      'Look at nvidia-smi and the model server’s log; restart the model server if need be.',
    ],
  ),
} as const;
