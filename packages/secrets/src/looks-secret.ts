/** Whether the name of a variable says that its value is a key, a token or a password. */
export function looksSecret(name: string): boolean {
  const words = wordsOf(name);
  const last = words.at(-1) ?? '';
  if (facts.has(last)) return false;
  return words.some((word) => telling.test(word)) || endings.has(last) || isKey(words) || isShortWord(words);
}

/** Upper-case, split as `A_B`, `a-b` and `aB` are written, without numbers at the end. */
function wordsOf(name: string): string[] {
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toUpperCase()
    .split(/[^A-Z0-9]+/);
  return words.map((word) => word.replace(/\d+$/, '')).filter((word) => word !== '');
}

const telling = /SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL|AUTHORIZATION|(TOKEN|APIKEY|ACCESSKEY|PRIVATEKEY)S?$/;
const endings = new Set(['AUTH', 'CREDS', 'JWT']);

/** What is told of a secret, and is none. */
const facts = new Set(
  (
    'ALG ALGORITHM ARN BUDGET CMD COMMAND COUNT DIR ENABLED ENDPOINT EXPIRATION EXPIRES EXPIRY FILE FINGERPRINT FOLDER ' +
    'FORMAT HELPER HOST ID IDS ISSUER LEN LENGTH LIMIT MAX MIN MODE NAME NAMES PATH POLICY PORT PREFIX PROVIDER REGION ' +
    'SCOPE SCOPES SERVER SIZE SOCK SOCKET STORE TIMEOUT TTL TYPE URI URL USAGE VERSION WARNINGS WINDOW'
  ).split(' '),
);

const openKeys = new Set(['CACHE', 'FOREIGN', 'PARTITION', 'PRIMARY', 'PUBLIC', 'SORT']);

function isKey(words: readonly string[]): boolean {
  const last = words.findLastIndex((word) => word === 'KEY' || word === 'KEYS');
  if (last < 0) return false;
  const before = words[last - 1] ?? '';
  return before === 'API' || (last === words.length - 1 && !openKeys.has(before));
}

/** Words that mean something else when they stand alone, such as the working directory. */
function isShortWord(words: readonly string[]): boolean {
  return words.length > 1 && ['PASS', 'PAT', 'PWD'].includes(words.at(-1) ?? '');
}
