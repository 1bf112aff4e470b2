export { parseFiles } from './parse-files.ts';
export type { FileAnswer } from './parse-files.ts';
export { parseJson } from './parse-json.ts';
