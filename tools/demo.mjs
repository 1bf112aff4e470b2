// `npm run demo`: one job of examples/, answered from recorded replies.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from './checks.mjs';

const args = ['run', join('examples', 'notes-api', 'job.yaml'), '--provider', 'replay'];
const run = spawnSync(join(root, 'tools', 'orch'), args, { cwd: root, stdio: 'inherit' });
process.exitCode = run.status ?? 1;
