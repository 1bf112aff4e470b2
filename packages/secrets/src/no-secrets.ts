import type { Hider } from '@orch/contracts';

/** The hider of nobody's secrets: everything stays as it is. */
export const noSecrets: Hider = {
  text: (text) => text,
  bytes: (bytes) => bytes,
  stream: () => ({ push: (piece) => piece, end: () => '' }),
};

/** Whether a hider has nothing to hide, so that nothing needs to be shown to it. */
export function hidesNothing(hider: Pick<Hider, 'text'>): boolean {
  return hider === noSecrets;
}
