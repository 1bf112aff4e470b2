const hidden = '[hidden]';

/** Forms in which keys are handed about: `Bearer …`, and the prefixes of well-known vendors, also partly masked. */
const keyForms = [/\bBearer\s+[^\s"',;]+/gi, /\b(?:sk|pk|rk|gsk|xai|hf|nvapi)[-_][\w*.-]{6,}/g, /\bAIza[\w*-]{10,}/g];

/** A text that a server sent, without the given secrets and without anything that looks like a key. */
export function scrub(text: string, secrets: readonly string[] = []): string {
  const known = secrets.reduce(hideSecret, text);
  return keyForms.reduce((rest, form) => rest.replaceAll(form, hidden), known);
}

/** Also where only its beginning is left: some servers mask the rest. */
function hideSecret(text: string, secret: string): string {
  const start = secret.slice(0, 8);
  if (start === '') return text;
  const [before = '', ...pieces] = text.split(start);
  return pieces.reduce((done, piece) => done + hidden + piece.slice(sharedLength(piece, secret.slice(8))), before);
}

function sharedLength(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return length;
}

/** The secrets that a request carries in its headers, by their names: keys, tokens, cookies. */
export function secretsIn(headers: Readonly<Record<string, string>>): string[] {
  const secret = Object.entries(headers).filter(([name]) => /auth|key|token|secret|cookie|password/i.test(name));
  return secret.map(([, value]) => value.replace(/^(Bearer|Basic)\s+/i, ''));
}
