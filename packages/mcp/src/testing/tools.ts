import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';

/** A server written with the official SDK, with a tool for each thing that tests look at. */
export function toolsOfTests(): McpServer {
  const server = new McpServer({ name: 'tests', version: '1.0.0' });
  let calls = 0;
  const text = (said: string) => ({ content: [{ type: 'text' as const, text: said }] });
  server.registerTool('add', { description: 'Adds.', inputSchema: { a: z.number(), b: z.number() } }, ({ a, b }) =>
    text(String(a + b)),
  );
  server.registerTool('count', {}, () => text(String(++calls)));
  server.registerTool('pid', {}, () => text(String(process.pid)));
  server.registerTool('env', {}, () => text(JSON.stringify({ cwd: process.cwd(), ...process.env })));
  server.registerTool('fail', {}, () => ({ ...text('no such file'), isError: true }));
  server.registerTool('large', { inputSchema: { size: z.number() } }, ({ size }) => text('ü'.repeat(size / 2)));
  server.registerTool('structured', { outputSchema: { n: z.number() } }, () => ({
    content: [],
    structuredContent: { n: 1 },
  }));
  server.registerTool('mixed', {}, () => ({
    content: [
      { type: 'text', text: 'before' },
      { type: 'image', mimeType: 'image/png', data: 'AAAA' },
      { type: 'resource', resource: { uri: 'file:///a.md', mimeType: 'text/markdown', text: '# A' } },
      { type: 'resource', resource: { uri: 'file:///a.bin', blob: 'AAAAAAAA' } },
      { type: 'resource_link', uri: 'file:///b.md', name: 'b' },
    ],
  }));
  /** Never answers; notes on stderr that it was canceled. */
  server.registerTool('hang', {}, async (extra) => {
    extra.signal.addEventListener('abort', () => process.stderr.write('canceled\n'));
    await sleep(600_000, undefined, { signal: extra.signal });
    return text('late');
  });
  server.registerTool('die', {}, () => {
    process.stderr.write('first words\nlast words\n');
    process.exit(3);
  });
  return server;
}
