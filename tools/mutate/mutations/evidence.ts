import type { Mutation } from '../mutation.ts';

const verify = 'packages/sdk/src/verify';
const archive = 'packages/sdk/src/archive';
const verified = [`${verify}/verify-run.test.ts`];
const imported = [`${archive}/import-run.test.ts`];

/** What can be proved of a run afterwards, here and on another machine. */
export const evidenceMutations: readonly Mutation[] = [
  {
    name: 'verify-skips-files',
    breaks: 'verify does not look at the files that steps wrote',
    file: `${verify}/verify-run.ts`,
    replace: 'const files = await checkFiles(run, paths.dir, live);',
    by: 'const files = { misfit: undefined, unsettled: [] as string[] }; void live;',
    tests: verified,
  },
  {
    name: 'verify-skips-blobs',
    breaks: 'verify does not look at blobs',
    file: `${verify}/content-check.ts`,
    replace: 'return this.#blobs.has(named.digest) ? undefined : this.#blobMisfit(named);',
    by: 'return void this.#blobs.add(named.digest);',
    tests: verified,
  },
  {
    name: 'verify-skips-replies',
    breaks: 'verify does not look at the stored replies that the run used',
    file: `${verify}/content-check.ts`,
    replace: 'return this.#replies.has(named.key) ? undefined : this.#replyMisfit(named);',
    by: 'return void this.#replies.add(named.key);',
    tests: verified,
  },
  {
    name: 'verify-skips-chain',
    breaks: 'verify does not look at the chain of lines',
    file: `${verify}/verify-run.ts`,
    replace: 'if (!log.ok) return log;',
    by: 'if (!log.ok) return ok({ jobId, dir: paths.dir, events: 0, files: 0, blobs: 0, replies: 0, live: false, unsettled: [] });',
    tests: verified,
  },
  {
    name: 'verify-skips-watermark',
    breaks: 'verify does not notice that synced lines are gone from the end of the log',
    file: 'packages/events/src/verify-log.ts',
    replace: 'if (!met) return err(withoutWatermark(path, last, watermark));',
    by: 'void met; void withoutWatermark;',
    tests: ['packages/events/src/recover-log.test.ts', ...verified],
  },
  {
    name: 'verify-skips-plan',
    breaks: 'verify does not look at the plan',
    file: `${verify}/verify-run.ts`,
    replace: 'const last = files.misfit ?? planMisfit(paths, plans);',
    by: 'const last = files.misfit; void planMisfit;',
    tests: verified,
  },
  {
    name: 'import-without-path-check',
    breaks: 'an archive writes outside the folder that it is unpacked into',
    file: `${archive}/entry-rules.ts`,
    replace: `const place = resolveInside(this.#into, name.replace(/\\/+$/, ''));`,
    by: "const place = { ok: true as const, value: `${this.#into}/${name.replace(/\\/+$/, '')}`, error: undefined };",
    tests: imported,
  },
  {
    name: 'import-takes-links',
    breaks: 'an archive brings links and devices',
    file: `${archive}/entry-rules.ts`,
    replace: "if (kind !== 'file' && kind !== 'directory') throw unsafe(name, `it is a ${kind}`);",
    by: '',
    tests: imported,
  },
  {
    name: 'import-not-verified',
    breaks: 'a damaged run is imported',
    file: `${archive}/import-run.ts`,
    replace: 'if (!verified.ok) throw verified.error;',
    by: 'if (!verified.ok) return undefined as never;',
    tests: imported,
  },
  {
    name: 'export-of-a-damaged-run',
    breaks: 'a damaged run is exported',
    file: `${archive}/export-run.ts`,
    replace: 'if (!verified.ok) throw verified.error;',
    by: '',
    tests: [`${archive}/export-run.test.ts`],
  },
];
