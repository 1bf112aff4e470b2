/** Header values by lower-case name. */
export type HttpHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/** The first value of a header. */
export function headerOf(headers: HttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' || value === undefined ? value : value[0];
}
