import type { Mutation } from '../mutation.ts';

const src = 'packages/filestore/src';
const order = `${src}/write-atomic.test.ts`;

/** Content on disc, and locks. */
export const fileMutations: readonly Mutation[] = [
  {
    name: 'file-in-place',
    breaks: 'files and blobs are written in place: a reader, or a kill, may meet half of one',
    file: `${src}/write-atomic.ts`,
    replace: 'const draft = writeDraft(path, pieces, { durability, mode });',
    by:
      `const fs = process.getBuiltinModule('node:fs'); fs.mkdirSync(dirname(path), { recursive: true }); ` +
      `return fs.writeFileSync(path, pieces instanceof Uint8Array ? pieces : [...pieces].join(''), { mode }); const draft = '';`,
    tests: [order],
  },
  {
    name: 'file-content-not-synced',
    breaks: 'a name may reach the disc before its content',
    file: `${src}/draft.ts`,
    replace: `if (durability === 'strict') fsyncSync(file);`,
    by: '',
    tests: [order],
  },
  {
    name: 'file-name-not-synced',
    breaks: 'a write returns before the name of the file is on the disc',
    file: `${src}/write-atomic.ts`,
    replace: `if (durability === 'strict') syncName(path);\n}`,
    by: '}',
    tests: [order],
  },
  {
    name: 'new-folder-not-synced',
    breaks: 'a power cut may take a new folder with all that was synced in it',
    file: `${src}/folder.ts`,
    replace: `if (first === undefined || durability === 'relaxed') return;`,
    by: 'return;',
    tests: [order],
  },
  {
    name: 'found-content-not-synced',
    breaks: 'content that somebody else left counts as durable without a sync',
    file: `${src}/carry-out.ts`,
    replace: `if (durability === 'strict' && !terms.settled) settle(target);`,
    by: '',
    tests: [order],
  },
  {
    name: 'short-write-is-whole',
    breaks: 'on a full disc a file that was written in part gets its name',
    file: `${src}/draft.ts`,
    replace: 'done += writeSync(file, content, done, content.length - done);',
    by: 'writeSync(file, content, done, content.length - done); done = content.length;',
    tests: [order],
  },
  {
    name: 'blob-not-checked',
    breaks: 'a damaged blob is handed out',
    file: `${src}/blobs.ts`,
    replace: 'if (content !== undefined) requireFit(content, digest, pathOf(digest));',
    by: '',
    tests: [`${src}/blobs.test.ts`],
  },
  {
    name: 'lock-shared',
    breaks: 'two processes hold one lock',
    file: `${src}/lock.ts`,
    replace: 'BEGIN EXCLUSIVE',
    by: 'BEGIN',
    tests: [`${src}/lock.test.ts`],
  },
  {
    name: 'link-followed-out',
    breaks: 'a write goes through a link that leads out of its root',
    file: `${src}/resolve-inside.ts`,
    replace: "if (below === '..' || below.startsWith(`..${sep}`) || isAbsolute(below)) {",
    by: 'if (false) {',
    tests: [`${src}/resolve-inside.test.ts`],
  },
];
