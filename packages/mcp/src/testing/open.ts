import { fileURLToPath } from 'node:url';
import type { Clock, Hider, NamedServer, ToolResult, ToolServer, ToolServers } from '@orch/contracts';
import { setTimeout as sleep } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { openToolServers } from '../index.ts';
import type { ToolServersOptions } from '../index.ts';

const clock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms, signal) => sleep(ms, undefined, signal && { signal }),
};

/** The one written with the official SDK. */
export const sdkServer: NamedServer = {
  name: 'tests',
  where: { command: process.execPath, args: [fileURLToPath(new URL('stdio-server.ts', import.meta.url))] },
};

/** A process of a few lines of JavaScript. `reply(message, result)` writes an answer, `on` reads messages. */
export function rawServer(code: string, rest: Partial<ToolServer> = {}): NamedServer {
  const script = `
    const write = (message) => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', ...message }) + '\\n');
    const reply = ({ id }, result) => write({ id, result });
    const hello = { protocolVersion: '2025-06-18', capabilities: { tools: {} }, serverInfo: { name: 'raw', version: '1' } };
    const read = (onMessage) => require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => onMessage(JSON.parse(line)));
    /** Shakes hands, lists one tool \`t\`, and leaves calls to others. */
    const serve = (onCall, onOther = () => undefined) => read((message) => {
      if (message.method === 'initialize') reply(message, hello);
      else if (message.method === 'tools/list') reply(message, { tools: [{ name: 't', inputSchema: {} }] });
      else if (message.method === 'tools/call') onCall(message);
      else onOther(message);
    });
    const said = (text) => ({ content: [{ type: 'text', text }] });
    ${code}`;
  return { name: 'raw', where: { command: process.execPath, args: ['-e', script], ...rest } };
}

export const noSignal = new AbortController().signal;

/** For one test. */
export function open(options: Partial<ToolServersOptions> = {}, whenDone = onTestFinished): ToolServers {
  const servers = openToolServers({ env: { PATH: '/usr/bin:/bin' }, jobDir: process.cwd(), clock, ...options });
  whenDone(() => servers.close());
  return servers;
}

export async function callOf(
  servers: ToolServers,
  server: NamedServer,
  name: string,
  args: Parameters<ToolServers['call']>[1]['args'] = {},
): Promise<ToolResult> {
  return servers.call(server, { name, args }, noSignal);
}

/** Hides one word. */
export function hiderOf(word: string): Hider {
  const text = (from: string): string => from.replaceAll(word, '***');
  return {
    text,
    bytes: (bytes) => bytes,
    stream() {
      let whole = '';
      return {
        push(piece) {
          whole += piece;
          return '';
        },
        end: () => text(whole),
      };
    },
  };
}

export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}
