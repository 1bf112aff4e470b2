import { styleText } from 'node:util';

/** Where a command reads from and writes to. All that a command knows of the process comes through here. */
export type Terminal = {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** A line for programs and people: results. */
  readonly out: (line: string) => void;
  /** A line beside the result: errors, hints. */
  readonly err: (line: string) => void;
  /** Colour, where a person looks at standard output and did not ask for none. */
  readonly paint: (style: Style, text: string) => string;
  /** Calls `stop` at the first Ctrl-C or TERM; returns how to stop listening. */
  readonly onInterrupt: (stop: () => void) => () => void;
};

export type Style = 'bold' | 'dim' | 'green' | 'red' | 'yellow';

export function processTerminal(): Terminal {
  // A reader that went away (`orch list | head`) is no failure of ours.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
  return {
    cwd: process.cwd(),
    env: process.env,
    out: (line) => void process.stdout.write(`${line}\n`),
    err: (line) => void process.stderr.write(`${line}\n`),
    paint: (style, text) => styleText(style, text, { stream: process.stdout }),
    onInterrupt(stop) {
      process.once('SIGINT', stop);
      process.once('SIGTERM', stop);
      return () => {
        process.off('SIGINT', stop);
        process.off('SIGTERM', stop);
      };
    },
  };
}
