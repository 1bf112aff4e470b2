/** Bytes of one message. What is longer would only be cut. */
export const mostOfMessage = 32 * 1024 * 1024;

/** Lines of a stream, without their ends; `onOverflow` instead of one that is too long. */
export function splitLines(
  onLine: (line: string) => void,
  onOverflow: () => void,
): { readonly push: (chunk: Buffer) => void } {
  let rest: Buffer[] = [];
  let size = 0;
  const clear = (): void => {
    rest = [];
    size = 0;
  };
  const take = (): string => {
    const line = Buffer.concat(rest).toString('utf8');
    clear();
    return line.endsWith('\r') ? line.slice(0, -1) : line;
  };
  return {
    push(chunk) {
      let from = 0;
      for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, from)) {
        rest.push(chunk.subarray(from, at));
        onLine(take());
        from = at + 1;
      }
      const left = chunk.subarray(from);
      if (left.length === 0) return;
      rest.push(left);
      size += left.length;
      if (size <= mostOfMessage) return;
      clear();
      onOverflow();
    },
  };
}
