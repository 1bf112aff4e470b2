import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LLMock } from '@copilotkit/aimock';

/** How the prompts of examples/notes-api open: by this a mock tells which step asks. */
const systems = {
  architect: 'You are a software architect.',
  builder: 'You are a senior Node.js engineer.',
  docs: 'You write documentation',
  qa: 'You review what was really written',
} as const;

export type NotesStep = keyof typeof systems;

const notesSteps = Object.keys(systems) as readonly NotesStep[];

export const notesApi = join(import.meta.dirname, '..', 'examples', 'notes-api');

/** The text of a committed recording of examples/notes-api. */
function recordedReply(step: NotesStep): string {
  const file = join(notesApi, 'recordings', `${step}.1.json`);
  return (JSON.parse(readFileSync(file, 'utf8')) as { reply: string }).reply;
}

/** An independent model server on a free port that answers the four prompts of examples/notes-api. */
export async function startNotesModel(reply: (step: NotesStep) => string = recordedReply): Promise<LLMock> {
  const mock = new LLMock({ port: 0 });
  for (const step of notesSteps) {
    mock.on({ systemMessage: systems[step] }, { content: reply(step), model: 'hand-written' });
  }
  await mock.start();
  return mock;
}
