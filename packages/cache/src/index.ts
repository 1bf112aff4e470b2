export { canonicalJson } from './canonical-json.ts';
export { cacheKey, sha256 } from './cache-key.ts';
export { openCache } from './open-cache.ts';
export type { Cache, CacheOptions, CacheUse, Cached, Codec, Explanation, GetOptions, StoredAnswer } from './cache.ts';
export type { CacheWarning } from './entry-file.ts';
