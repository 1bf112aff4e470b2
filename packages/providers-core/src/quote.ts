/** Characters. A secret that this cuts is far behind what is kept. */
const mostCarried = 64 * 1024;
const mostKept = 600;

/**
 * What a server said, as an error of a reader quotes it: long enough to find the secrets in it. They are taken out, and
 * it is cut, before the error is handed on.
 */
export function quoted(said: string): string {
  return said.slice(0, mostCarried);
}

/** As much of a text without secrets as an error keeps. */
export function shortened(text: string): string {
  return text.length <= mostKept ? text : `${text.slice(0, mostKept).toWellFormed()}…`;
}
