/** Asks once: the text of the answer. */
export type Ask = () => Promise<string | undefined | null>;

/** Opened on the base URL of a service, before the protocol's own path, and on a folder of its own. */
export type OpenAsk = (service: string, dir: string) => Promise<Ask>;

/** Reads one answer as it comes: the characters of its text, or undefined where nobody looked. */
export type Read = () => Promise<number | undefined>;

/** Opened on such a base URL. */
export type OpenRead = (service: string) => Promise<Read>;
