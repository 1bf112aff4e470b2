const allowed = new Set(['PATH', 'HOME', 'USER', 'LANG', 'TERM', 'TMPDIR', 'TZ', 'SHELL', 'CI']);

/**
 * The part of an environment that a command may see unasked: `PATH HOME USER LANG LC_* TERM TMPDIR TZ SHELL CI`.
 * Keys, tokens and settings of the caller stay with the caller.
 */
export function commandEnv(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const picked: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (value !== undefined && (allowed.has(name) || name.startsWith('LC_'))) picked[name] = value;
  }
  return picked;
}
