/** Events of a stream without names, as servers of OpenAI's kind write them; a text stands as it is. */
export const serverSent = (...events: readonly (object | string)[]): string =>
  events.map((event) => `data: ${typeof event === 'string' ? event : JSON.stringify(event)}\n\n`).join('');
