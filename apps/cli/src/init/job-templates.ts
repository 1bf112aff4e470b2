/** What each job to begin with shows. */
export const templates = {
  chain: 'one prompt after another, and a file of what came out',
  files: 'the same prompt for many files, answered as JSON, and an index',
  build: 'commands, a gate that must pass, and a review of what they said',
  approval: 'a draft that a person approves before it is published',
} as const;

export type TemplateName = keyof typeof templates;

export const isTemplate = (name: string): name is TemplateName => Object.hasOwn(templates, name);

export type JobToWrite = {
  readonly template: TemplateName;
  /** `name` or `name:model`. */
  readonly provider: string;
  readonly file: string;
  readonly ts: boolean;
  /** Relative to the folder of the job. */
  readonly schemaFile: string;
};

export type JobFile = {
  readonly file: string;
  readonly text: string;
  /** What it reads, by path. */
  readonly beside: readonly (readonly [string, string])[];
};

/** A job file with comments, and the files it reads. */
export function toJobFile({ template, provider, file, ts, schemaFile }: JobToWrite): JobFile {
  const up = '../'.repeat(file.split('/').length - 1);
  const text = ts
    ? typescript[template].replace('PROVIDER', JSON.stringify(provider).replaceAll("'", "\\'").slice(1, -1))
    : `# yaml-language-server: $schema=${up}${schemaFile}\n${yaml[template].replace('PROVIDER', JSON.stringify(provider))}`;
  return { file, text, beside: template === 'files' ? pagesBeside(file) : [] };
}

function pagesBeside(file: string): JobFile['beside'] {
  const folder = file.includes('/') ? `${file.slice(0, file.lastIndexOf('/'))}/` : '';
  return [
    [`${folder}pages/tea.md`, '# Tea\n\nTea is a drink made of leaves.\n'],
    [`${folder}pages/rain.md`, '# Rain\n\nRain is water that falls.\n'],
  ];
}

const head = `
# Who answers: name or name:model, such as ollama:qwen2.5:7b. auto finds a local Ollama, else recordings beside this file.
provider: PROVIDER
`;

const yaml: Readonly<Record<TemplateName, string>> = {
  chain: `# Runs with: orch run. What it would do: orch plan. All fields: orch schema job.
project: notes
${head}
# Values for templates; set them with --var topic=rain
vars: { topic: tea }

steps:
  outline:
    prompt: Write an outline of a short text about {{ vars.topic }}.

  # A step waits for what its templates name.
  text:
    system: You write plainly.
    prompt: |
      Write the text of this outline:
      {{ steps.outline.output }}

  # Files go to runs/<job id>/outputs/<project>/
  keep:
    write: { text.md: "{{ steps.text.output }}" }
`,
  files: `# Runs with: orch run. Try it cheaply first: orch run --limit 1
project: pages
${head}
steps:
  # One question for each file, several at once. A page that fails leaves the others alone.
  page:
    each: { files: "pages/**/*.md" }
    prompt: |
      Sum up this page.
      {{ item.text }}
    # The answer is checked; one that does not fit is asked for again.
    schema: { title: string, summary: string }
    on_failure: continue

  index:
    write:
      index.md: |
        {% for page in steps.page.items %}- {{ page.item.path }}: {{ page.output.title }}
        {% endfor %}
`,
  build: `# Runs with: orch run. Going on after a failure: orch resume
project: checked
${head}
steps:
  # A line for /bin/sh; args: [...] with command: needs no shell.
  build:
    run: echo building

  # A check that must pass: its exit code decides.
  check:
    kind: gate
    needs: [build]
    run: "true"
    type: custom

  review:
    needs: [check]
    prompt: |
      Does anything in this output look wrong?
      {{ steps.build.output }}

  keep:
    write: { review.md: "{{ steps.review.output }}" }
`,
  approval: `# Runs with: orch run. It stops for an answer: in the terminal, or with orch approve.
project: approved
${head}
steps:
  draft:
    prompt: Write a short announcement of our next release.

  # Asks a person. Nothing else waits for it but what needs it.
  agree:
    question: |
      Publish this?
      {{ steps.draft.output }}
    options: [publish, hold]

  publish:
    when: steps.agree.output.answer == "publish"
    write: { announcement.md: "{{ steps.draft.output }}" }
`,
};

const typescript: Readonly<Record<TemplateName, string>> = {
  chain: `import { defineJob } from '@orch/sdk';

// Runs with: orch run job.ts. The function is called once; what it makes is the same plan as from YAML.
export default defineJob({ project: 'notes', provider: 'PROVIDER', vars: { topic: 'tea' } }, (j) => {
  const outline = j.llm('outline', { prompt: j.t\`Write an outline of a short text about \${j.vars.topic}.\` });
  // A step waits for what its references name.
  const text = j.llm('text', { prompt: j.t\`Write the text of this outline:\\n\${outline.output}\` });
  j.files('keep', { write: { 'text.md': j.t\`\${text.output}\` } });
  return { text };
});
`,
  files: `import { defineJob } from '@orch/sdk';

// Try it cheaply first: orch run job.ts --limit 1
export default defineJob({ project: 'pages', provider: 'PROVIDER' }, (j) => {
  const pages = j.llm('page', {
    each: { files: 'pages/**/*.md' },
    prompt: (page) => j.t\`Sum up this page.\\n\${page.text}\`,
    // The answer is checked; one that does not fit is asked for again.
    schema: { title: 'string', summary: 'string' },
    onFailure: 'continue',
  });
  j.files('index', { write: { 'index.md': j.t\`\${pages.output}\` } });
  return { pages };
});
`,
  build: `import { defineJob } from '@orch/sdk';

// Going on after a failure: orch resume
export default defineJob({ project: 'checked', provider: 'PROVIDER' }, (j) => {
  const build = j.shell('build', { run: 'echo building' });
  // A check that must pass: its exit code decides.
  const check = j.gate('check', { run: 'true', type: 'custom', needs: [build] });
  const review = j.llm('review', {
    needs: [check],
    prompt: j.t\`Does anything in this output look wrong?\\n\${build.output}\`,
  });
  j.files('keep', { write: { 'review.md': j.t\`\${review.output}\` } });
  return { review };
});
`,
  approval: `import { defineJob } from '@orch/sdk';

// It stops for an answer: in the terminal, or with orch approve.
export default defineJob({ project: 'approved', provider: 'PROVIDER' }, (j) => {
  const draft = j.llm('draft', { prompt: 'Write a short announcement of our next release.' });
  const agree = j.approve('agree', { question: j.t\`Publish this?\\n\${draft.output}\`, options: ['publish', 'hold'] });
  j.files('publish', {
    when: j.expr\`\${agree.output.answer} == "publish"\`,
    write: { 'announcement.md': j.t\`\${draft.output}\` },
  });
  return { draft };
});
`,
};
