/** What a value that was not expected is, for messages. */
export function typeName(value: unknown): string {
  if (value === null || value === undefined || typeof value === 'number') return String(value);
  if (typeof value !== 'object') return `a ${typeof value}`;
  const { name } = (Object.getPrototypeOf(value) as { constructor?: { name: string } } | null)?.constructor ?? {};
  return name === undefined || name === 'Object' ? 'an object' : `a ${name}`;
}
