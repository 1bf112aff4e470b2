/** From the least. */
export const severities = /** @type {const} */ (['low', 'medium', 'high', 'critical']);

/** @typedef {(typeof severities)[number]} Severity */

/** @param {string} severity */
export const rankOf = (severity) => severities.indexOf(/** @type {Severity} */ (severity));

/** Throws unless it is one that a job can be failed by. @param {string} failOn */
export function requireSeverity(failOn) {
  if (failOn === 'none' || rankOf(failOn) !== -1) return;
  throw new Error(`Expected fail_on to be none or one of ${severities.join(', ')}, got ${failOn}.`);
}
