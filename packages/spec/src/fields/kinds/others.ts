import { vars } from '../vars.ts';
import { field } from '../read-fields.ts';
import { nonEmptyText, positive } from '../type.ts';
import type { Type } from '../type.ts';
import { hasTags, id, jobPath, uniqueTexts } from '../words.ts';
import type { Kind } from './kind.ts';

/** The id of a step, or a template that gives the diff. */
const source: Type<string> = {
  schema: nonEmptyText.schema,
  read: (written, path, problems) => {
    const value = nonEmptyText.read(written, path, problems);
    return value === undefined || hasTags(value) ? value : id.read(written, path, problems);
  },
};

export const patch: Kind = {
  about: 'Takes the diff that another step proposes, checks it and keeps it.',
  shape: { from: field(source, 'The step whose answer holds the diff, or a template of it.', { templates: 'text' }) },
  needsOne: ['from'],
  tries: 0,
  runsAlways: 'a diff is kept with every run',
  notBuilt: ['policy', 'verify', 'on_fail', 'repair', 'worktree'],
};

export const approve: Kind = {
  about: 'Asks a person and waits for the answer.',
  shape: {
    question: field(nonEmptyText, 'What the person is asked.', { templates: 'text' }),
    options: field(uniqueTexts(nonEmptyText, 'answers', 1), 'The answers there are; any unless given.', {
      templates: 'text',
    }),
    expires_s: field(positive, 'After so many seconds nobody’s answer counts and the step fails.'),
  },
  needsOne: ['question'],
  tries: 0,
  runsAlways: 'a person is asked in every run',
};

export const job: Kind = {
  about: 'Runs another job as a run of its own; its result is the outputs of its steps by id.',
  shape: {
    spec: field(jobPath, 'The job file, beside this one.'),
    vars: field(vars, 'Values for its variables, over its own.', { templates: 'text', default: {} }),
  },
  needsOne: ['spec'],
  tries: 0,
  runsAlways: 'it is a run of its own',
};

export const module: Kind = {
  about: 'Calls the function that a file exports as default; what it returns is the result.',
  shape: { uses: field(jobPath, 'The file, beside the job file.') },
  needsOne: ['uses'],
  tries: 0,
};
