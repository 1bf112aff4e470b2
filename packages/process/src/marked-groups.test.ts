import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { markedGroups } from './marked-groups.ts';

test.skipIf(process.platform !== 'linux')('a group is found by all its marks, and by no fewer', async () => {
  const name = `ORCH_TEST_${process.pid}`;
  const start = async (env: Record<string, string>): Promise<number> => {
    const child = spawn('/bin/sh', ['-c', 'sleep 60 & echo; wait'], {
      env,
      detached: true,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    onTestFinished(() => void process.kill(-(child.pid ?? 0), 'SIGKILL'));
    await once(child.stdout, 'data');
    return child.pid ?? 0;
  };
  const both = await start({ [name]: 'a', [`${name}_B`]: 'b', PATH: '/bin:/usr/bin' });
  const one = await start({ [name]: 'a', PATH: '/bin:/usr/bin' });
  expect(markedGroups(`${name}=a`, `${name}_B=b`)).toEqual([both]);
  expect(new Set(markedGroups(`${name}=a`))).toEqual(new Set([both, one]));
  expect(markedGroups(`${name}=aa`)).toEqual([]);
});
