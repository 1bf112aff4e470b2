import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

const require = createRequire(import.meta.url);

type Position = { readonly line: number; readonly character: number };
type Message = {
  readonly id?: number;
  readonly method?: string;
  readonly params?: unknown;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
};
type Diagnostic = { readonly range: { readonly start: Position }; readonly message: string };

/** A document as the language server sees it. `‸` marks where somebody types. */
export type LanguageServer = {
  /** What is offered at the mark. */
  complete(text: string): Promise<string[]>;
  /** What is shown over the mark. */
  hover(text: string): Promise<string>;
  /** What is wrong with the document, as `line:column message`. */
  diagnose(text: string): Promise<string[]>;
  close(): Promise<void>;
};

/** Starts the YAML language server; documents name their schema in a first line of their own, as those of `orch init` do. */
export async function startLanguageServer(dir: string, schema: object): Promise<LanguageServer> {
  writeFileSync(join(dir, 'job.schema.json'), JSON.stringify(schema));
  const program = join(dirname(require.resolve('yaml-language-server/package.json')), 'bin', 'yaml-language-server');
  const child = spawn(process.execPath, [program, '--stdio'], { cwd: dir, stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const wire = createWire((bytes) => child.stdin.write(bytes));
  child.stdout.on('data', (bytes: Buffer) => wire.receive(bytes));
  await wire.request('initialize', { processId: process.pid, rootUri: null, capabilities: {} });
  wire.notify('initialized', {});
  const settings = { yaml: { validate: true, hover: true, completion: true, schemaStore: { enable: false } } };
  wire.notify('workspace/didChangeConfiguration', { settings });
  let count = 0;
  const open = (marked: string) => {
    const text = `# yaml-language-server: $schema=./job.schema.json\n${marked}`;
    const lines = text.slice(0, text.indexOf('‸')).split('\n');
    const uri = pathToFileURL(join(dir, `${++count}.yaml`)).href;
    const diagnostics = wire.diagnosticsOf(uri);
    const document = { uri, languageId: 'yaml', version: 1, text: text.replace('‸', '') };
    wire.notify('textDocument/didOpen', { textDocument: document });
    const position = { line: lines.length - 1, character: lines.at(-1)!.length };
    return { diagnostics, place: { textDocument: { uri }, position } };
  };
  return {
    async complete(text) {
      const { items } = (await wire.request('textDocument/completion', open(text).place)) as {
        items: { label: string }[];
      };
      return items.map(({ label }) => label);
    },
    async hover(text) {
      const found = await wire.request('textDocument/hover', open(text).place);
      return (found as { contents: { value: string } }).contents.value;
    },
    async diagnose(text) {
      const found = await open(text).diagnostics;
      return found.map(({ range: { start }, message }) => `${start.line}:${start.character + 1} ${message}`);
    },
    async close() {
      child.kill();
      await ended;
    },
  };
}

/** JSON-RPC with a length before each message: https://microsoft.github.io/language-server-protocol */
function createWire(write: (text: string) => void) {
  const answers = new Map<number, { resolve: (result: unknown) => void; reject: (error: Error) => void }>();
  const diagnostics = new Map<string, (found: readonly Diagnostic[]) => void>();
  let received = Buffer.alloc(0);
  let count = 0;
  const send = (message: object): void => {
    const text = JSON.stringify({ jsonrpc: '2.0', ...message });
    write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
  };
  const handle = ({ id, method, params, result, error }: Message): void => {
    if (method === 'textDocument/publishDiagnostics') {
      const published = params as { uri: string; diagnostics: readonly Diagnostic[] };
      diagnostics.get(published.uri)?.(published.diagnostics);
    } else if (id !== undefined && method !== undefined) send({ id, result: null });
    else if (id !== undefined && error === undefined) answers.get(id)?.resolve(result);
    else if (id !== undefined) answers.get(id)?.reject(new Error(error?.message));
  };
  return {
    receive(bytes: Buffer): void {
      received = Buffer.concat([received, bytes]);
      for (;;) {
        const start = received.indexOf('\r\n\r\n') + 4;
        const length = Number(/Content-Length: (\d+)/i.exec(received.toString('latin1', 0, Math.max(start, 0)))?.[1]);
        if (start < 4 || received.length < start + length) return;
        const message = JSON.parse(received.toString('utf8', start, start + length)) as Message;
        received = received.subarray(start + length);
        handle(message);
      }
    },
    notify: (method: string, params: object): void => send({ method, params }),
    request(method: string, params: object): Promise<unknown> {
      const id = ++count;
      send({ id, method, params });
      return new Promise((resolve, reject) => answers.set(id, { resolve, reject }));
    },
    diagnosticsOf: (uri: string) => new Promise<readonly Diagnostic[]>((resolve) => diagnostics.set(uri, resolve)),
  };
}
