import { Command, CommanderError, Option } from 'commander';
import { OrchError, exitCodes } from '@orch/contracts';
import type { ExitCode } from '@orch/contracts';
import { commands, groups } from './commands/index.ts';
import type { CommandRow } from './commands/index.ts';
import { explainError } from './describe/explain-error.ts';
import type { Terminal } from './terminal/terminal.ts';
import { cliVersion } from './version.ts';

/** Runs one command line and says how it went, as an exit code. Never throws. */
export async function runCli(argv: readonly string[], terminal: Terminal): Promise<ExitCode> {
  let code: ExitCode = exitCodes.succeeded;
  const json = argv.includes('--json');
  const rows = await rowsFor(argv);
  const program = createProgram(rows, { terminal, json, exit: (value) => (code = value) });
  try {
    await program.parseAsync(argv, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return exitCodes.succeeded;
    if (!(error instanceof CommanderError))
      return explainError(error, terminal, { verbose: argv.includes('--verbose'), json });
    if (json) explainError(wrongCall(error), terminal, { verbose: false, json });
    return exitCodes.usage;
  }
}

/** What pipelines there are is read where their names count: in the help, and for a command that is none of the others. */
async function rowsFor(argv: readonly string[]): Promise<readonly CommandRow[]> {
  const called = argv.find((word) => !word.startsWith('-'));
  const isOwn = called !== undefined && commands.some(({ name }) => name === called || name.startsWith(`${called} `));
  const isVersion = argv[0] === '--version' || argv[0] === '-V';
  if (isOwn || isVersion) return commands;
  const { pipelineCommands } = await import('./pipeline-commands.ts');
  return [...commands, ...(await pipelineCommands(argv))];
}

function wrongCall({ message }: CommanderError): OrchError {
  return new OrchError('usage', message.replace(/^error: /, ''), { hint: 'See orch --help.' });
}

function createProgram(rows: readonly CommandRow[], wiring: Wiring): Command {
  const { terminal, json } = wiring;
  const program = new Command('orch')
    .description('Runs AI engineering work as a durable graph of steps.')
    .version(cliVersion, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.out(text.trimEnd()),
      writeErr: (text) => {
        if (!json) terminal.err(text.trimEnd());
      },
    })
    .showSuggestionAfterError()
    .showHelpAfterError('  See orch --help.');
  for (const row of rows) addCommand(program, row, wiring);
  return program;
}

type Wiring = { readonly terminal: Terminal; readonly json: boolean; readonly exit: (code: ExitCode) => void };

function addCommand(program: Command, row: CommandRow, { terminal, exit }: Wiring): void {
  const [name = '', group] = row.name.split(' ').toReversed();
  const command = (group === undefined ? program : groupOf(program, group)).command(name).description(row.summary);
  for (const argument of row.arguments) command.argument(...argument);
  for (const [flags, description, times] of row.options) {
    const option = new Option(flags, description);
    if (times === 'many') option.argParser(collect);
    if (times === 'once') option.argParser(onlyOnce(option.long ?? flags));
    command.addOption(option);
  }
  command.showHelpAfterError(`  See orch ${row.name} --help.`);
  command.option('--json', 'print JSON').option('--verbose', 'print the stack of an error');
  command.action(async () => {
    const loaded = await row.load();
    const invocation = { terminal, args: command.args, options: command.opts<Record<string, unknown>>() };
    exit(await loaded.execute(invocation as never));
  });
}

/** The command that holds a group of others, made when it is met first. */
function groupOf(program: Command, name: string): Command {
  const known = program.commands.find((command) => command.name() === name);
  return (
    known ??
    program
      .command(name)
      .description(groups[name] ?? '')
      .helpCommand(false)
  );
}

/** An option that may be given many times. Not commander's own kind, which would swallow the words behind it. */
function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

/** An option whose first value must not get lost. */
function onlyOnce(flag: string): (value: string, before: string | undefined) => string {
  return (value, before) => {
    if (before === undefined) return value;
    throw new OrchError('usage', `Expected ${flag} once, got ${flag} ${before} and ${flag} ${value}.`, {
      hint: 'It takes one step.',
    });
  };
}
