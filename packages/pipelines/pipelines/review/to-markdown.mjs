/**
 * @typedef {import('./write-reports.mjs').Finding} Finding
 * @typedef {{ base: string, files: readonly string[], left_out: readonly { path: string, why: string }[], findings: readonly Finding[] }} Report
 */

/** The report for people. @param {Report} report */
export function toMarkdown({ base, files, left_out: leftOut, findings }) {
  const against = base === '' ? '' : ` against ${base}`;
  const count = findings.length === 0 ? 'Nothing was found.' : `${findings.length} found, the gravest first.`;
  const lines = [
    '# Review',
    '',
    `${files.length} ${files.length === 1 ? 'file' : 'files'} reviewed${against}. ${count}`,
    ...findings.flatMap(section),
    ...(leftOut.length === 0 ? [] : ['', '## Not reviewed', '']),
    ...leftOut.map(({ path, why }) => `- ${path}: ${why}`),
  ];
  return `${lines.join('\n')}\n`;
}

/** @param {Finding} finding */
function section({ severity, file, line, title, detail, suggestion }) {
  const parts = [detail, suggestion === '' ? '' : `Suggestion: ${suggestion}`].filter((part) => part !== '');
  return ['', `## ${severity}: ${title}`, '', `\`${file}:${line}\``, ...parts.flatMap((part) => ['', part])];
}
