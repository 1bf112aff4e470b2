import { refined, nonEmptyText } from '../type.ts';
import { uniqueTexts } from '../words.ts';

const TOOL = /^[a-z][a-z0-9_-]{0,63}\.\S+$/;

const tool = refined(
  nonEmptyText,
  (value) =>
    TOOL.test(value)
      ? undefined
      : `expected a tool such as files.read, files.get_* or files.*, got ${JSON.stringify(value)}`,
  { pattern: TOOL.source },
);

/** What a model may ask to have called: `server.tool`, with `*` for any part of the name of a tool. */
export const allowedTools = uniqueTexts(tool, 'tools such as files.read');

export const isTool = (value: unknown): value is string => typeof value === 'string' && TOOL.test(value);

/** The server that such a text names. */
export const serverOf = (allowed: string): string => allowed.slice(0, allowed.indexOf('.'));

/** Rounds of calls and answers that a step takes at most, unless it says otherwise. */
export const usualRounds = 8;
