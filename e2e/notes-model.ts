import { LLMock } from '@copilotkit/aimock';

/** How the prompts of examples/notes-api open: by this a mock tells which step asks. */
const systems = {
  architect: 'You are a software architect.',
  builder: 'You are a senior Node.js engineer.',
  docs: 'You write documentation',
  qa: 'You review what was really written',
} as const;

export type NotesStep = keyof typeof systems;

export const notesSteps = Object.keys(systems) as readonly NotesStep[];

/** An independent model server on a free port that answers the four prompts of examples/notes-api. */
export async function startNotesModel(reply: (step: NotesStep) => string): Promise<LLMock> {
  const mock = new LLMock({ port: 0 });
  for (const step of notesSteps) mock.on({ systemMessage: systems[step] }, { content: reply(step) });
  await mock.start();
  return mock;
}
