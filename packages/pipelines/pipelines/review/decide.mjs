import { rankOf } from './severity.mjs';

/** How many findings a message names. */
const most = 20;

/**
 * How many findings are grave enough to fail the job, and what is said of them.
 *
 * @param {{ vars: { fail_on: string }, steps: { report: { output: { findings: readonly import('./write-reports.mjs').Finding[] } } } }} context
 */
export default function decide({ vars: { fail_on: failOn }, steps }) {
  const { findings } = steps.report.output;
  const grave = failOn === 'none' ? [] : findings.filter(({ severity }) => rankOf(severity) >= rankOf(failOn));
  if (grave.length === 0) return { failing: 0, message: `${findings.length} found, none fails the job.` };
  const lines = grave.slice(0, most).map(({ severity, file, line, title }) => `${severity}  ${file}:${line}  ${title}`);
  const more = grave.length > most ? [`… and ${grave.length - most} more in review.md`] : [];
  const count = `${grave.length} ${grave.length === 1 ? 'finding' : 'findings'} of severity ${failOn} or above:`;
  return { failing: grave.length, message: [count, ...lines, ...more].join('\n') };
}
