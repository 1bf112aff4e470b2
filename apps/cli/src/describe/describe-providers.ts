import type { ProviderReport } from '@orch/sdk';
import type { Terminal } from '../terminal/terminal.ts';
import { fewOf, harmlessly, inLines, plural, table } from '../terminal/words.ts';

/** How many places that name a provider are listed. */
const mostPlaces = 3;

/** How providers stand, a line each, then what is to be done. */
export function describeProviders(all: readonly ProviderReport[], terminal: Terminal): string[] {
  const { paint } = terminal;
  if (all.length === 0) return nobody;
  const reports = harmlessly(all);
  const head = ['', 'provider', 'reachable', 'authorised', 'model', 'context', 'named by'].map((word) =>
    word === '' ? '' : paint('dim', word),
  );
  const unwell = reports.filter(({ ok }) => !ok).length;
  return [
    ...table([head, ...reports.map((report) => row(report, terminal))]),
    ...reports.flatMap((report) => adviceLines(report, terminal)),
    '',
    unwell === 0
      ? `${paint('green', 'ok')}  ${plural(reports.length, 'provider')}`
      : `${paint('red', 'not ok')}  ${unwell} of ${plural(reports.length, 'provider')}`,
  ];
}

const nobody = [
  'No provider is configured, and no Ollama answers.',
  '  Start one with `ollama serve`, or name one: PROVIDER=openai:MODEL with OPENAI_API_KEY, PROVIDER=anthropic:MODEL with',
  '  ANTHROPIC_API_KEY, PROVIDER=mlx:MODEL. PROVIDER=echo needs nothing, and makes its answers up.',
];

function row(report: ProviderReport, terminal: Terminal): string[] {
  const { provider, model, ok, reachable, authorised, model_present: present, context_tokens: context } = report;
  const sign = ok ? terminal.paint('green', '✓') : terminal.paint('red', '✗');
  const missing = present === false ? ` ${terminal.paint('red', 'missing')}` : '';
  return [
    sign,
    terminal.paint('bold', provider),
    yesNo(reachable, terminal),
    yesNo(authorised, terminal),
    `${model ?? '-'}${missing}`,
    context === null ? '-' : String(context),
    fewOf(report.named_by, mostPlaces).join(', '),
  ];
}

function yesNo(value: boolean | null, { paint }: Terminal): string {
  if (value === null) return '-';
  return value ? 'yes' : paint('red', 'no');
}

function adviceLines({ provider, model, problem, advice }: ProviderReport, { paint }: Terminal): string[] {
  if (problem === null && advice.length === 0) return [];
  const who = model === null ? provider : `${provider}:${model}`;
  const said = problem === null ? [] : [inLines(problem)];
  const [first = '', ...rest] = [...said, ...advice.map((line) => inLines(line))];
  return ['', `${paint('bold', who)}: ${first}`, ...rest.map((line) => `  ${line}`)];
}
