import type { Digest, OrchEvent, Where } from '@orch/contracts';

/** Tells from the events of a log, in order, which stored replies its run has used: those found, and those made for it. */
export class UsedReplies {
  /** Key of each request that has no answer yet, by id. */
  readonly #requests = new Map<string, Digest>();
  /** Keys that a step or item looked for in vain since it started, and asked no model for. */
  readonly #missed = new Map<string, readonly Digest[]>();

  /** The keys of the entries that must be there once this event is. */
  by(event: OrchEvent): readonly Digest[] {
    switch (event.type) {
      case 'cache.hit':
        return [event.data.cache_key];
      case 'llm.request':
        this.#requests.set(event.data.request_id, event.data.cache_key);
        return this.#setMissed(event, (key) => key !== event.data.cache_key);
      case 'llm.response': {
        const key = this.#requests.get(event.data.request_id);
        this.#requests.delete(event.data.request_id);
        // A recovered one may still stand in the shared folder only: when it is used, a hit tells so.
        return key !== undefined && event.data.success && event.data.recovered !== true ? [key] : [];
      }
      case 'cache.miss':
        return this.#setMissed(event, () => true, [event.data.cache_key]);
      case 'step.started':
        return this.#setMissed(event, () => false);
      case 'step.succeeded':
        return this.#missed.get(nameOf(event)) ?? [];
      default:
        return [];
    }
  }

  #setMissed(where: Where, keep: (key: Digest) => boolean, add: readonly Digest[] = []): readonly Digest[] {
    const name = nameOf(where);
    const missed = [...(this.#missed.get(name) ?? []).filter(keep), ...add];
    if (missed.length > 0) this.#missed.set(name, missed);
    else this.#missed.delete(name);
    return [];
  }
}

function nameOf({ step = '', item }: Where): string {
  return item === undefined ? step : `${step}\0${item}`;
}
