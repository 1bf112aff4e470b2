/** By extension: what projects are made of. Names of https://www.iana.org/assignments/media-types where there is one. */
const mediaTypes: Readonly<Record<string, string>> = {
  c: 'text/x-c',
  cjs: 'text/javascript',
  css: 'text/css',
  csv: 'text/csv',
  diff: 'text/x-diff',
  gif: 'image/gif',
  go: 'text/x-go',
  htm: 'text/html',
  html: 'text/html',
  java: 'text/x-java',
  jpeg: 'image/jpeg',
  jpg: 'image/jpeg',
  js: 'text/javascript',
  json: 'application/json',
  jsonl: 'application/jsonl',
  jsx: 'text/jsx',
  log: 'text/plain',
  md: 'text/markdown',
  mjs: 'text/javascript',
  patch: 'text/x-diff',
  pdf: 'application/pdf',
  png: 'image/png',
  py: 'text/x-python',
  rs: 'text/x-rust',
  sh: 'text/x-shellscript',
  sql: 'application/sql',
  svg: 'image/svg+xml',
  toml: 'application/toml',
  ts: 'text/typescript',
  tsx: 'text/tsx',
  txt: 'text/plain',
  xml: 'application/xml',
  yaml: 'application/yaml',
  yml: 'application/yaml',
};

/** The media type of a file by its name; `application/octet-stream` when that says nothing. */
export function mediaTypeOf(path: string): string {
  const extension = /\.([^./\\]+)$/.exec(path)?.[1]?.toLowerCase() ?? '';
  return mediaTypes[extension] ?? 'application/octet-stream';
}
