/**
 * A cycle among the vertices that `starts` need, directly or not: each needs the next, the first stands again at the
 * end. Undefined when there is none. Walks without recursion, each vertex once.
 */
export function findCycle<V>(starts: Iterable<V>, needsOf: (vertex: V) => Iterable<V>): V[] | undefined {
  const searched = new Set<V>();
  for (const start of starts) {
    const found = searched.has(start) ? undefined : searchFrom(start, needsOf, searched);
    if (found) return found;
  }
  return undefined;
}

function searchFrom<V>(start: V, needsOf: (vertex: V) => Iterable<V>, searched: Set<V>): V[] | undefined {
  const trail = new Map<V, Iterator<V>>();
  const enter = (vertex: V) => {
    searched.add(vertex);
    trail.set(vertex, needsOf(vertex)[Symbol.iterator]());
    return vertex;
  };
  const path = [enter(start)];
  for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
    const step = trail.get(top)!.next();
    if (step.done) trail.delete(path.pop()!);
    else if (trail.has(step.value)) return [...path.slice(path.indexOf(step.value)), step.value];
    else if (!searched.has(step.value)) path.push(enter(step.value));
  }
  return undefined;
}
