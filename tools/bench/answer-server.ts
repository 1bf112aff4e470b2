// A model's service in a process of its own: `node answer-server.ts`. Prints its port, answers every POST from bytes that
// are ready, keeps connections, and ends with its standard input.
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { answersByPath } from './answers.ts';

const answers = answersByPath();
const missing = Buffer.from('HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n');
const headEnd = Buffer.from('\r\n\r\n');

const server = createServer({ noDelay: true }, serve);
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port));
process.stdin.resume().once('end', () => process.exit(0));

/** One request at a time on each connection, as clients of HTTP/1.1 send them. */
function serve(socket: Socket): void {
  let pending: Buffer = Buffer.alloc(0);
  socket.on('error', () => {}); // the client is gone, and nobody else needs to know
  socket.on('data', (bytes: Buffer) => {
    pending = pending.length === 0 ? bytes : Buffer.concat([pending, bytes]);
    const head = pending.indexOf(headEnd);
    if (head === -1) return;
    const text = pending.toString('latin1', 0, head);
    const length = Number(/^content-length: *(\d+)/im.exec(text)?.[1]);
    if (pending.length < head + headEnd.length + length) return;
    pending = Buffer.alloc(0);
    const path = /^POST ([^ ?]+)/.exec(text)?.[1] ?? '';
    socket.write(answers.get(path) ?? missing);
  });
}
