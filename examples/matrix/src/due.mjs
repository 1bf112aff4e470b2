/** The day a bill is due: 14 calendar days after the day it was written on, both as `YYYY-MM-DD`. */
export function dueDay(written) {
  const day = new Date(`${written}T00:00:00Z`);
  day.setUTCDate(day.getUTCDate() + 14);
  return day.toISOString().slice(0, 10);
}

/** The amount as a person writes it, in the locale of the environment. */
export function printAmount(cents, locale = Intl.DateTimeFormat().resolvedOptions().locale) {
  return new Intl.NumberFormat(locale, { minimumFractionDigits: 2 }).format(cents / 100);
}
