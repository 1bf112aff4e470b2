import { parseArgs } from 'node:util';
import { rows } from './rows/index.ts';

export const usage = `npm run bench [-- ROW…] [--quick] [--rounds N] [--json FILE]

Times orch, its neighbours and the raw limits in one run: every row, or those that are named.

  --quick      less of each, in one round
  --rounds N   so many rounds, of which the medians count (3)
  --json FILE  the table as JSON too

Rows: ${Object.keys(rows).join(', ')}`;

export type Arguments = {
  readonly help: boolean;
  /** Of the rows. */
  readonly names: readonly string[];
  readonly quick: boolean;
  readonly rounds: number;
  readonly json: string | undefined;
};

/** What a command line asks for, or what is wrong with it. */
export function readArguments(args: readonly string[]): Arguments | Error {
  try {
    const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options });
    const stray = positionals.find((name) => !(name in rows));
    if (stray !== undefined) return new Error(`Expected rows of those below, got ${stray}.`);
    const rounds = Number(values.rounds ?? (values.quick ? 1 : 3));
    if (!Number.isSafeInteger(rounds) || rounds < 1) {
      return new Error(`Expected --rounds to be a number from 1, got ${values.rounds}.`);
    }
    const names = positionals.length > 0 ? positionals : Object.keys(rows);
    return { help: values.help, names, quick: values.quick, rounds, json: values.json };
  } catch (error) {
    if (error instanceof TypeError) return error; // parseArgs says in a sentence what it did not expect
    throw error;
  }
}

const options = {
  help: { type: 'boolean', short: 'h', default: false },
  quick: { type: 'boolean', default: false },
  rounds: { type: 'string' },
  json: { type: 'string' },
} as const;
