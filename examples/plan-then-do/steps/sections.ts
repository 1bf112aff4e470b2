type Section = { id: string; title: string; after: string[] };
type Step = Record<string, unknown>;
type Context = {
  task: string;
  steps: { plan: { output: { sections: Section[] } } };
  addSteps(steps: Record<string, Step>): void;
};

/** Adds a step for each section of the plan, and one that puts them together. What it returns is its own output. */
export default function sections({ steps, addSteps }: Context): string[] {
  const planned = steps.plan.output.sections;
  for (const section of planned) addSteps({ [`write_${section.id}`]: writeSection(section) });
  addSteps({ guide: { write: { 'guide.md': planned.map(chapter).join('\n\n') } } });
  return planned.map(({ title }) => title);
}

/** In the job language: what its templates name it needs. */
function writeSection({ title, after }: Section): Step {
  const before = after.map((id) => `\n\nThis stands before it:\n\n{{ steps.write_${id}.output }}`).join('');
  return { prompt: `Write the section "${title}" of this text, in at most three sentences: {{ task }}${before}` };
}

const chapter = ({ id, title }: Section): string => `## ${title}\n\n{{ steps.write_${id}.output }}`;
