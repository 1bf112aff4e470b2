import { existsSync } from 'node:fs';
import { isAbsolute } from 'node:path';

/** Words that stand where a secret could, and in any text. */
const words = new Set(
  (
    'administrator anonymous automatic changeme development disabled encrypted external internal keychain localhost ' +
    'optional osxkeychain password placeholder postgres production required undefined username'
  ).split(' '),
);

/** Digits: a longer number is nobody's count, date or port. */
const longestNumber = 11;

/** Whether a value is no secret although its name looks like one: hiding it would only spoil other text. */
export function isOrdinary(value: string): boolean {
  const text = value.trim();
  if (words.has(text.toLowerCase()) || /^[\s*]*$/.test(text)) return true;
  if (/^[-+]?[\d.,_]+$/.test(text)) return text.replace(/\D/g, '').length <= longestNumber;
  return isAbsolute(text) && existsSync(text);
}
