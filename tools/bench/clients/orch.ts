import { loggingContext, openProvider, quietContext, toRequest } from '../orch-asks.ts';
import type { Vendor } from '../question.ts';
import type { OpenAsk, OpenRead } from './client.ts';

export const askOrch =
  (vendor: Vendor): OpenAsk =>
  async (service, dir) => {
    const provider = await openProvider(vendor, service);
    const context = await loggingContext(vendor, dir);
    const request = toRequest(vendor);
    return async () => (await provider.complete(request, context())).text;
  };

export const askOrchWithoutLog: OpenAsk = async (service) => {
  const provider = await openProvider('openai', service);
  const context = await quietContext();
  const request = toRequest('openai');
  return async () => (await provider.complete(request, context())).text;
};

/** As the engine reads every answer, to show it while it comes. */
export const askOrchAsStream: OpenAsk = async (service, dir) => {
  const provider = await openProvider('openai', service);
  const context = await loggingContext('openai', dir);
  const request = toRequest('openai');
  return async () => {
    for await (const delta of provider.stream(request, context())) if (delta.type === 'done') return delta.reply.text;
    return undefined;
  };
};

export const readOrch =
  (vendor: Vendor): OpenRead =>
  async (service) => {
    const provider = await openProvider(vendor, service);
    const context = await quietContext();
    const request = toRequest(vendor);
    return async () => {
      let found = 0;
      for await (const delta of provider.stream(request, context()))
        if (delta.type === 'text') found += delta.text.length;
      return found;
    };
  };
