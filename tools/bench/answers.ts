import { anthropic } from './answers/anthropic.ts';
import { ollama } from './answers/ollama.ts';
import { openai } from './answers/openai.ts';

/** The base URLs of the services, below the origin of the server: one gives answers whole, the other streams them. */
export const services = { whole: '/whole', streamed: '/streamed' } as const;

/** Every answer as the bytes of the wire, by the path that is asked. */
export function answersByPath(): ReadonlyMap<string, Buffer> {
  return new Map(
    [openai, anthropic, ollama].flatMap(({ path, whole, streamed }) => [
      [services.whole + path, whole()],
      [services.streamed + path, streamed()],
    ]),
  );
}
