import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** Does the work while a model's service runs in another process, at an origin such as `http://127.0.0.1:1234`. */
export async function withServer<T>(work: (origin: string) => Promise<T>): Promise<T> {
  const path = join(import.meta.dirname, 'answer-server.ts');
  const server = spawn(process.execPath, [path], { stdio: ['pipe', 'pipe', 'inherit'] });
  try {
    const [port] = (await once(server.stdout, 'data')) as [Buffer];
    return await work(`http://127.0.0.1:${Number(port)}`);
  } finally {
    server.stdin.end();
  }
}
