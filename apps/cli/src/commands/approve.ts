import { userInfo } from 'node:os';
import { basename } from 'node:path';
import { exitCodes } from '@orch/contracts';
import { askRun, findRun, hiderOfRun, openQuestions, readRun } from '@orch/sdk';
import { describeAnswer } from '../describe/describe-answer.ts';
import { resumeCommand } from '../describe/resume-command.ts';
import { readAnswer } from '../questions/read-answer.ts';
import type { Given } from '../questions/read-answer.ts';
import type { Invocation } from './index.ts';
import { runsDirOf } from './read-options.ts';
import type { RunsDirOption } from './read-options.ts';

type Options = RunsDirOption & { readonly reject?: true; readonly answer?: string };

export async function execute({ terminal, args, options }: Invocation<Options>): Promise<0> {
  const [job, step = '', item] = args;
  const dir = findRun(runsDirOf(options, terminal), job);
  const jobId = basename(dir);
  const { granted, answer } = await givenBy(options, { dir, step, item });
  const more = { ...(item !== undefined && { item }), ...(answer !== undefined && { answer }) };
  const hider = await hiderOfRun(dir, terminal);
  const done = await askRun(dir, { kind: 'answer', step, granted, by: userInfo().username, ...more }, { hider });
  const name = item === undefined ? step : `${step} ${item}`;
  if (options.json) terminal.out(JSON.stringify({ job_id: jobId, step, granted, done }));
  else {
    const resume = resumeCommand(await readRun(dir), terminal);
    for (const line of describeAnswer({ jobId, resume, name, granted, answer, done })) terminal.out(line);
  }
  return exitCodes.succeeded;
}

type Asked = { readonly dir: string; readonly step: string; readonly item: string | undefined };

async function givenBy({ reject, answer }: Options, { dir, step, item }: Asked): Promise<Given> {
  if (reject === true || answer === undefined)
    return { granted: reject !== true, ...(answer !== undefined && { answer }) };
  const questions = await openQuestions(dir);
  return readAnswer(answer, questions.find((asked) => asked.step === step && asked.item === item)?.options);
}
