import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { commands } from './commands/index.ts';

test('docs/cli.md has a section with an example for every command, and for no other', () => {
  const page = readFileSync(new URL('../../../docs/cli.md', import.meta.url), 'utf8');
  const sections = [...page.matchAll(/^### `orch ([a-z ]+)`\n\n([^#]+)/gm)];
  expect(sections.map(([, name]) => name).toSorted()).toEqual(commands.map(({ name }) => name).toSorted());
  for (const [, name = '', text = ''] of sections) expect(text, name).toContain(`\n    orch ${name}`);
});
