import { rankOf, severities } from './severity.mjs';
import { toMarkdown } from './to-markdown.mjs';
import { toSarif } from './to-sarif.mjs';

/**
 * @typedef {import('./severity.mjs').Severity} Severity
 * @typedef {{ severity: Severity, line: number, title: string, detail: string, suggestion: string }} Reported
 * @typedef {Reported & { file: string }} Finding
 * @typedef {import('./collect-changes.mjs').Changes} Changes
 *
 * @typedef {object} Context
 * @property {{ sarif: string }} vars
 * @property {{ changes: { output: Changes }, review: { items?: readonly Item[] } }} steps
 * @property {(path: string, content: string) => Promise<unknown>} write
 *
 * @typedef {{ item: { path: string }, output: { findings: readonly Reported[] } | null }} Item
 */

/**
 * Joins the findings of all files, the gravest first, and writes them as JSON, Markdown and SARIF.
 *
 * @param {Context} context
 */
export default async function writeReports({ vars, steps, write }) {
  const changes = steps.changes.output;
  const items = steps.review.items ?? [];
  const findings = items.flatMap(findingsOf).sort(byWeight);
  const report = {
    base: changes.base,
    files: items.map(({ item }) => item.path),
    left_out: changes.left_out,
    findings,
  };
  await write('findings.json', `${JSON.stringify(report, undefined, 2)}\n`);
  await write('review.md', toMarkdown(report));
  await write(vars.sarif, `${JSON.stringify(toSarif(findings), undefined, 2)}\n`);
  const counts = severities.map((severity) => [severity, findings.filter((one) => one.severity === severity).length]);
  return { findings, counts: Object.fromEntries(counts) };
}

/** @param {Item} item @returns {Finding[]} */
function findingsOf({ item, output }) {
  return (output?.findings ?? []).map((finding) => ({ ...finding, file: item.path }));
}

/** @param {Finding} a @param {Finding} b */
function byWeight(a, b) {
  return rankOf(b.severity) - rankOf(a.severity) || (a.file < b.file ? -1 : a.file > b.file ? 1 : a.line - b.line);
}
