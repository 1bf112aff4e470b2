import { styleText } from 'node:util';
import type { ExitCode, Hider } from '@orch/contracts';
import { createDesk } from './desk.ts';
import { guardOutput } from './guard-output.ts';
import { secretsOfEnv } from './secrets-of-env.ts';

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
  /** Listens to what disturbs the program; returns how to stop. */
  readonly attend: (attention: Attention) => () => void;
  /**
   * Lets the person at the terminal write a line; undefined when they leave it with Ctrl-C or Ctrl-D, or the signal
   * aborts. Lines that come meanwhile stand above it. Absent where nobody sits: no terminal, or CI.
   */
  readonly ask?: (prompt: string, signal?: AbortSignal) => Promise<string | undefined>;
  /** From now on takes secrets out of whatever the process writes. Absent where lines are only collected. */
  readonly hide?: (hider: Hider) => void;
};

export type Style = 'bold' | 'dim' | 'green' | 'red' | 'yellow';

type Attention = {
  /** Ctrl-C or TERM: the first, and the second. A third one ends the program. */
  readonly onInterrupt: (time: 1 | 2) => void;
  /** An error that nobody caught, such as one that a module of a job left behind. Unheard, it ends the program. */
  readonly onStray?: (error: unknown) => void;
  /** Something else ends the program, such as a module of a job. Says with which exit code. */
  readonly onExit?: () => ExitCode;
  /** Go on when nobody reads standard output any more. Else that ends the program: its lines are all it is for. */
  readonly outlivesReader?: true;
};

const interrupts = ['SIGINT', 'SIGTERM'] as const;

export function processTerminal(): Terminal {
  let isNeeded = false;
  const desk = createDesk();
  const guard = guardOutput([process.stdout, process.stderr], secretsOfEnv(process.env));
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    if (!isNeeded) process.exit(0);
  });
  return {
    cwd: process.cwd(),
    env: process.env,
    out: (line) => desk.say(process.stdout, line),
    err: (line) => desk.say(process.stderr, line),
    paint: (style, text) => styleText(style, text, { stream: process.stdout }),
    ...(isAttended() && { ask: desk.ask }),
    hide: guard.hide,
    attend({ onInterrupt, onStray, onExit, outlivesReader = false }) {
      isNeeded = outlivesReader;
      const exit = (): void => void (process.exitCode = onExit?.());
      let times = 0;
      const interrupt = (): void => {
        times++;
        if (times === 2) for (const signal of interrupts) process.off(signal, interrupt);
        onInterrupt(times === 1 ? 1 : 2);
      };
      const handlers = [
        ...interrupts.map((signal) => [signal, interrupt] as const),
        ...(onStray === undefined ? [] : [['uncaughtException', onStray] as const]),
        ...(onExit === undefined ? [] : [['exit', exit] as const]),
      ];
      for (const [event, handler] of handlers) process.on(event, handler);
      return () => {
        isNeeded = false;
        for (const [event, handler] of handlers) process.off(event, handler);
      };
    },
  };
}

function isAttended(): boolean {
  const { CI = '' } = process.env;
  return process.stdin.isTTY && process.stdout.isTTY && (CI === '' || CI === 'false');
}
