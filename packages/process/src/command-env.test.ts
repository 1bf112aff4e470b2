import { expect, test } from 'vitest';
import { commandEnv } from './command-env.ts';

test('a command sees where things are and how to speak, and no key of its caller', () => {
  const seen = { PATH: '/bin', HOME: '/h', USER: 'u', LANG: 'C', LC_ALL: 'C', LC_TIME: 'C', TERM: 'dumb' };
  const too = { TMPDIR: '/t', TZ: 'UTC', SHELL: '/bin/sh', CI: '' };
  const not = { OPENAI_API_KEY: 'sk', NODE_OPTIONS: '--inspect', path: 'x', LC: 'x', EDITOR: undefined, USERNAME: 'x' };
  expect(commandEnv({ ...seen, ...not, ...too })).toEqual({ ...seen, ...too });
  expect(commandEnv({ PATH: undefined })).toEqual({});
});
