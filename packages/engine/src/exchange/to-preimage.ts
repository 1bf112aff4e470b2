import type { ModelRequest, Preimage, Provider } from '@orch/contracts';

/** What names the answer to a question: the same for who asks it and for who only looks whether it is stored. */
export function toPreimage(provider: Provider, request: ModelRequest, inputs: Preimage['inputs']): Preimage {
  const { service, ...who } = provider.identify(request);
  const { step, sample } = request.asked;
  return {
    provider: service === undefined ? who : { ...who, service },
    step,
    inputs,
    ...(sample === 0 ? {} : { sample }),
  };
}
