import type { Interface } from 'node:readline';
import type { Terminal } from './terminal.ts';

/** Where a person is asked at a terminal while lines go on to be printed there. */
export type Desk = {
  readonly ask: NonNullable<Terminal['ask']>;
  readonly say: (stream: NodeJS.WriteStream, line: string) => void;
};

const clearLine = '\r\u001b[2K';

export function createDesk(): Desk {
  let open: Interface | undefined;
  return {
    async ask(prompt, signal) {
      const { createInterface } = await import('node:readline');
      if (signal?.aborted === true) return undefined;
      const reader = createInterface({ input: process.stdin, output: process.stdout });
      const close = (): void => reader.close();
      const takeAway = (): void => {
        close();
        process.stdout.write(clearLine);
      };
      signal?.addEventListener('abort', takeAway);
      open = reader;
      try {
        return await new Promise((resolve) => {
          reader.on('SIGINT', close);
          reader.once('close', () => resolve(undefined));
          reader.question(prompt, resolve);
        });
      } finally {
        open = undefined;
        signal?.removeEventListener('abort', takeAway);
        reader.close();
      }
    },
    say(stream, line) {
      if (open === undefined) return void stream.write(`${line}\n`);
      stream.write(`${clearLine}${line}\n`);
      open.prompt(true);
    },
  };
}
