// `npm run demo`: the notes example from recorded replies, then what to do next.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from './checks.mjs';

const spec = join('examples', 'notes-api', 'job.yaml');
console.log(
  '\nBuilding a notes API from one sentence: an architect, a builder and a writer, a review, tests, a restart.\n',
);
const run = spawnSync(join(root, 'tools', 'orch'), ['run', spec, '--provider', 'replay'], {
  cwd: root,
  stdio: 'inherit',
});
process.exitCode = run.status ?? 1;
if (run.status === 0) {
  console.log(`
see it                      tools/orch show latest
change it                   edit ${spec} (a changed prompt needs a model, or a new recording)
run it with your own model  tools/orch run ${spec} --provider ollama:NAME`);
}
