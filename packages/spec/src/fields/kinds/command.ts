import { environment } from '../environment.ts';
import { flag, listOf, nonEmptyText, oneOf, text, wholeNumber } from '../type.ts';
import { field, record } from '../read-fields.ts';
import type { Kind } from './kind.ts';

const command = {
  run: field(nonEmptyText, 'A line for /bin/sh. Values reach it through the environment, never as part of the line.', {
    templates: 'command',
  }),
  command: field(nonEmptyText, 'A program, started without a shell.', { templates: 'text' }),
  args: field(listOf(text, 'strings'), 'Its arguments.', { templates: 'text', default: [] }),
  env: field(
    environment,
    'Environment on top of PATH HOME USER LANG LC_* TERM TMPDIR TZ SHELL CI; {secret: NAME} hands over a secret.',
    {
      templates: 'text',
      default: {},
    },
  ),
  cwd: field(nonEmptyText, 'The folder it runs in, from that of the job file.', { templates: 'text' }),
};

export const shell: Kind = {
  about: 'Runs a command; its standard output is the result.',
  shape: {
    ...command,
    stdin: field(text, 'What it reads from standard input.', { templates: 'text' }),
    output: field(oneOf(['text', 'json', 'lines']), 'What is made of its standard output.', { default: 'text' }),
  },
  needsOne: ['run', 'command'],
  tries: 0,
};

const criteria = record(
  'a map with min_tests and max_failures',
  {
    min_tests: field(wholeNumber(0), 'Tests that must have run; 1 for gates that test.'),
    max_failures: field(wholeNumber(0), 'Tests that may fail.', { default: 0 }),
  },
  {},
  new Set(['min_coverage', 'required_tests', 'timeout_s']),
);

const types = ['unit_tests', 'integration_tests', 'e2e_tests', 'security_scan', 'lint', 'custom'] as const;

export const gate: Kind = {
  about: 'Runs a check and lets its dependents through only when it passed.',
  shape: {
    ...command,
    type: field(oneOf(types), 'What is checked. Tests must have been executed.', {
      default: 'unit_tests',
    }),
    criteria: field(criteria, 'What must hold for it to pass.', { default: {} }),
    required: field(flag, 'Whether a check that did not pass blocks its dependents.', { default: true }),
  },
  needsOne: ['run', 'command'],
  named: true,
  tries: 0,
};
