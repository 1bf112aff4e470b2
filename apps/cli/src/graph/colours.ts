import type { StepState } from '@orch/contracts';

type Colour = 'green' | 'red' | 'yellow' | 'blue' | 'grey';

const colours: Readonly<Partial<Record<StepState, Colour>>> = {
  succeeded: 'green',
  failed: 'red',
  skipped: 'grey',
  waiting: 'yellow',
  canceled: 'yellow',
  retrying: 'yellow',
  running: 'blue',
};

/** Line and fill: dark enough on white, light enough on black; text on the fill is always black. */
const shades: Readonly<Record<Colour, { readonly line: string; readonly fill: string }>> = {
  green: { line: '#2e8b57', fill: '#c8f0d6' },
  red: { line: '#d64545', fill: '#fad4d4' },
  yellow: { line: '#b8860b', fill: '#fdf0c0' },
  blue: { line: '#3b7dd8', fill: '#cfe2ff' },
  grey: { line: '#888888', fill: '#e4e4e4' },
};

export function colourOf(state: StepState): { readonly line: string; readonly fill: string } | undefined {
  const colour = colours[state];
  return colour && shades[colour];
}
