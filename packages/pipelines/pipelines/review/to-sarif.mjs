/**
 * @typedef {import('./write-reports.mjs').Finding} Finding
 */

const levels = { low: 'note', medium: 'warning', high: 'error', critical: 'error' };

/** How grave GitHub calls a rule: https://docs.github.com/code-security, "SARIF support for code scanning". */
const weights = { low: '3.0', medium: '5.5', high: '8.0', critical: '9.5' };

const schema = 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json';

/**
 * The findings as SARIF 2.1.0, one rule for each severity: https://docs.oasis-open.org/sarif/sarif/v2.1.0/
 *
 * @param {readonly Finding[]} findings
 */
export function toSarif(findings) {
  const used = [...new Set(findings.map(({ severity }) => severity))];
  const rules = used.map((severity) => ({
    id: `review/${severity}`,
    name: `Review${severity[0]?.toUpperCase()}${severity.slice(1)}`,
    shortDescription: { text: `A finding of severity ${severity}` },
    defaultConfiguration: { level: levels[severity] },
    properties: { 'security-severity': weights[severity] },
  }));
  const results = findings.map((finding) => resultOf(finding, used.indexOf(finding.severity)));
  return { $schema: schema, version: '2.1.0', runs: [{ tool: { driver: { name: 'orch review', rules } }, results }] };
}

/** @param {Finding} finding @param {number} ruleIndex */
function resultOf({ severity, file, line, title, detail, suggestion }, ruleIndex) {
  const advice = suggestion === '' ? [] : [`Suggestion: ${suggestion}`];
  const text = [title, ...(detail === '' ? [] : [detail]), ...advice].join('\n\n');
  const artifactLocation = { uri: file.split('/').map(encodeURIComponent).join('/') };
  return {
    ruleId: `review/${severity}`,
    ruleIndex,
    level: levels[severity],
    message: { text },
    locations: [{ physicalLocation: { artifactLocation, region: { startLine: line } } }],
  };
}
