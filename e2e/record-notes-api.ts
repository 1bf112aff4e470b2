// `npm run record:demo`: records examples/notes-api anew, after a prompt changed, with the replies it has.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { notesApi, startNotesModel } from './notes-model.ts';

const orch = join(import.meta.dirname, '..', 'tools', 'orch');
const runsDir = mkdtempSync(join(tmpdir(), 'orch-record-'));
const model = await startNotesModel();
const env = { ...process.env, OPENAI_BASE_URL: `${model.url}/v1`, OPENAI_API_KEY: 'not-a-key' };
const run = spawn(orch, ['run', join(notesApi, 'job.yaml'), '--provider', 'openai:gpt-4o', '--runs-dir', runsDir], {
  env,
  stdio: 'inherit',
});
const [code] = (await once(run, 'exit')) as [number | null];
await model.stop();
const to = join(notesApi, 'recordings');
const recorded =
  code === 0 ? spawnSync(orch, ['record', '--runs-dir', runsDir, '--to', to], { stdio: 'inherit' }).status : 1;
rmSync(runsDir, { recursive: true });
process.exitCode = recorded ?? 1;
