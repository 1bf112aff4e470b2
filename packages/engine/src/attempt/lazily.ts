/** Adds an own property that is computed when it is first read; a hidden one is left out when the object is printed. */
export function lazily<T extends object, K extends string, V>(
  target: T,
  key: K,
  compute: () => V,
  hidden = false,
): T & Readonly<Record<K, V>> {
  let known: { readonly value: V } | undefined;
  const get = (): V => (known ??= { value: compute() }).value;
  const property = { get, enumerable: !hidden, configurable: true };
  return Object.defineProperty(target, key, property) as T & Readonly<Record<K, V>>;
}
