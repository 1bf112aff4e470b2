/** A step that does nothing, in a graph of a given shape. */
export type Node = { readonly id: string; readonly needs: readonly string[] };

/** Every shape by name; `size` is the number of nodes. A node stands after all it needs. */
export const shapes = { independent, chain, layered, fan } as const;

export type Shape = keyof typeof shapes;

function independent(size: number): Node[] {
  return Array.from({ length: size }, (_, at) => ({ id: `n${at}`, needs: [] }));
}

function chain(size: number): Node[] {
  return Array.from({ length: size }, (_, at) => ({ id: `n${at}`, needs: at === 0 ? [] : [`n${at - 1}`] }));
}

/** Layers of 100 nodes, each node needs three of the layer before. */
function layered(size: number): Node[] {
  const width = 100;
  return Array.from({ length: size }, (_, at) => {
    const before = Math.floor(at / width) * width - width;
    const needs = [0, 7, 31].map((step) => `n${before + ((at + step) % width)}`);
    return { id: `n${at}`, needs: before < 0 ? [] : needs };
  });
}

/** One node, then all the others, then one that needs them all. */
function fan(size: number): Node[] {
  const middle = Array.from({ length: size - 2 }, (_, at) => ({ id: `n${at}`, needs: ['first'] }));
  return [{ id: 'first', needs: [] }, ...middle, { id: 'last', needs: middle.map(({ id }) => id) }];
}
