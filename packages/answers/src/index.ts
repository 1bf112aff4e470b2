export { parseDiffs } from './parse-diffs.ts';
export type { DiffHunk, DiffLine, FileDiff } from './file-diff.ts';
export { parseFiles } from './parse-files.ts';
export type { FileAnswer } from './parse-files.ts';
export { parseJson } from './parse-json.ts';
export { toDiff } from './to-diff.ts';
export { toFileBlock } from './to-file-block.ts';
