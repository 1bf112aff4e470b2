import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { findSecrets } from './find-secrets.ts';

const dir = mkdtempSync(join(tmpdir(), 'orch-secrets-'));
const file = join(dir, 'key.pem');
writeFileSync(file, 'x');
afterAll(() => rmSync(dir, { recursive: true }));

function found(env: Record<string, string | undefined>, names: string[] = []): string[] {
  const secrets = findSecrets({ names, env });
  if (!secrets.ok) throw secrets.error;
  return [...secrets.value.keys()];
}

test.each([
  'OPENAI_API_KEY API_KEY_2 GEMINI_APIKEY apiKey OPENAI_API_KEY_PROD SSH_KEY KEY SIGNING_KEYS SECRET_KEY_BASE',
  'GITHUB_TOKEN GH_TOKEN npm_config__authToken AWS_SESSION_TOKEN TOKEN_PROD token',
  'CLIENT_SECRET CLIENTSECRET AWS_SECRET_ACCESS_KEY PGPASSWORD DB_PASSWD DB_PASS DB_PWD KEY_PASSPHRASE',
  'GOOGLE_CREDENTIALS AZURE_CREDS AZURE_DEVOPS_PAT AUTHORIZATION NPM_AUTH ID_JWT',
])('names that tell of a secret: %s', (names) => {
  const env = Object.fromEntries(names.split(' ').map((name) => [name, 'x7Kq-9pLm2']));
  expect(found(env)).toEqual(Object.keys(env));
});

test.each([
  'KEYBOARD MONKEY HOTKEYS_ON XKB_KEYMAP SORT_KEY PRIMARY_KEY CACHE_KEY SSH_PUBLIC_KEY TOKENIZERS_PARALLELISM',
  'SSH_AUTH_SOCK GPG_KEY_ID AWS_ACCESS_KEY_ID MAX_TOKENS_LIMIT TOKEN_LIMIT TOKEN_URL SECRET_NAME PRIVATE_KEY_FILE',
  'PWD OLDPWD PATH PATTERN COMPAT SSH_ASKPASS BYPASS PASSENGER AUTHOR USE_AUTH_PROXY HOME EDITOR',
])('names that do not: %s', (names) => {
  expect(found(Object.fromEntries(names.split(' ').map((name) => [name, 'x7Kq-9pLm2'])))).toEqual([]);
});

test('values that are no secret are not hidden unasked', () => {
  const values = [
    'short',
    '1234567',
    'true',
    'localhost',
    'PostgreSQL'.slice(0, 8),
    '20261121',
    '3.141592',
    '-1,000,000',
  ];
  const ordinary = [...values, file, ' '.repeat(9), '*'.repeat(9), undefined];
  const env = Object.fromEntries(ordinary.map((value, at) => [`API_KEY_${at}`, value]));
  expect(found(env)).toEqual([]);
  expect(found({ A_KEY: '123456789012', B_KEY: join(dir, 'gone'), C_KEY: 'ünïcödé!' })).toHaveLength(3);
});

test('what is named is a secret whatever it is called and says', () => {
  const env = { DATABASE_URL: 'postgres://me@host/db', MODE: 'localhost', OTHER: 'x7Kq-9pLm2' };
  const secrets = findSecrets({ names: ['DATABASE_URL', 'MODE'], env });
  expect(secrets.ok && Object.fromEntries(secrets.value)).toEqual({ DATABASE_URL: env.DATABASE_URL, MODE: env.MODE });
});

test('what is named and cannot be hidden is refused, and its value stays unsaid', () => {
  const secrets = findSecrets({ names: ['GONE', 'EMPTY', 'TINY'], env: { EMPTY: '', TINY: 'äöü4567' } });
  expect(secrets).toMatchObject({ ok: false, error: { code: 'usage' } });
  const said = secrets.ok ? '' : `${secrets.error.message}\n${secrets.error.hint}`;
  expect(said).toBe(
    [
      'Expected the environment to have GONE, EMPTY, named as secret: not set, or empty.',
      'Expected the value of TINY, named as secret, to have at least 8 characters: shorter ones are found everywhere by chance, so that they cannot be hidden.',
      'Set it before the start (export GONE=…), or take it out of the names of secrets.',
    ].join('\n'),
  );
  expect(findSecrets({ names: ['TINY'], env: { TINY: 'äöü4567' }, minLength: 7 }).ok).toBe(true);
});

test('an error says where a variable is named, where that is known', () => {
  const found = findSecrets({ names: ['NOPE'], env: {}, namedBy: () => 'steps.x.env.A' });
  expect(found).toMatchObject({
    error: { message: expect.stringContaining('NOPE (named by steps.x.env.A)') as string },
  });
});
