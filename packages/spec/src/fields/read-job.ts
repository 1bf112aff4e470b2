import type { Problems } from '../source/problems.ts';
import { describe } from '../source/written.ts';
import type { Entry, Written, WrittenMap } from '../source/written.ts';
import { Defaults, defaultEntries } from './defaults.ts';
import type { Draft } from './draft.ts';
import { jobFields, jobFieldsNotBuilt } from './job-fields.ts';
import { readFields } from './read-fields.ts';
import { readSteps } from './read-steps.ts';

/** Reads all fields of a job; what is wrong with them stands in `problems`. `inherited`: defaults over its own. */
export function readJob(written: Written | undefined, problems: Problems, inherited: readonly Entry[] = []): Draft {
  if (written?.type === 'map') return readMap(written, problems, inherited);
  const got = written === undefined ? 'nothing' : describe(written);
  if (written?.type !== 'unreadable') {
    problems.add(0, { code: 'missing', message: `expected a map of job fields, got ${got}` });
  }
  const none = { providers: {}, mcp: {}, vars: {}, secrets: [], kinds: [], steps: [], defaults: [] };
  return { ...none, written: new Map(), source: problems.source };
}

function readMap(map: WrittenMap, problems: Problems, inherited: readonly Entry[]): Draft {
  const at = { path: '', problems };
  const fields = readFields(map, { shape: jobFields, notBuilt: jobFieldsNotBuilt }, at);
  const written = new Map(map.entries.map((entry) => [entry.key, entry]));
  refuseTwice(written, ['task', 'task_description'], problems);
  refuseTwice(written, ['pipeline', 'steps'], problems);
  const own = defaultEntries(written.get('defaults')?.value, problems.source, problems);
  const defaults = new Defaults([
    ...inherited,
    ...own.filter(({ key }) => !inherited.some((other) => other.key === key)),
  ]);
  const steps = written.has('steps') ? readSteps(written.get('steps')!.value, { problems, defaults }) : [];
  if (written.has('steps')) defaults.settle(problems);
  const { task_description, task = task_description, providers = {}, vars = {}, secrets = [], kinds = [] } = fields;
  const { project, provider, mcp = {}, concurrency, timeout_s, output_dir, durability } = fields;
  return {
    ...{ providers, mcp, vars, secrets, kinds, steps, defaults: own, written, source: problems.source },
    ...(project !== undefined && { project }),
    ...(task !== undefined && { task }),
    ...(provider !== undefined && { provider }),
    ...pipelineOf(written, fields.pipeline),
    ...(concurrency !== undefined && { concurrency }),
    ...(timeout_s !== undefined && { timeout_s }),
    ...(output_dir !== undefined && { output_dir }),
    ...(durability !== undefined && { durability }),
  };
}

/** A job without steps means the built-in pipeline. One with a pipeline that cannot be read means none. */
function pipelineOf(written: ReadonlyMap<string, Entry>, given: Draft['pipeline']): Pick<Draft, 'pipeline'> {
  if (written.has('steps')) return {};
  if (given !== undefined) return { pipeline: given };
  return written.has('pipeline') ? {} : { pipeline: { use: 'software', with: {} } };
}

/** Two fields of which a job has one. */
function refuseTwice(written: ReadonlyMap<string, Entry>, names: readonly string[], problems: Problems): void {
  const [first, second] = [...written.values()].filter(({ key }) => names.includes(key));
  if (first === undefined || second === undefined) return;
  const same = names.includes('task') ? `the same as ${first.key}` : `a job has ${names.join(' or ')}, not both`;
  const message = `${second.key}: ${same}; expected one of them`;
  problems.add(second.keySpan[0], { code: 'conflict', message });
}
