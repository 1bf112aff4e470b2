/** One thing that orch does to the disc, below the folder of all runs. */
export type Moment =
  /** Lines go to the end of a log, or it is synced: then `text` is what was written to it since the last time. */
  | { readonly call: 'write' | 'sync'; readonly path: string; readonly text: string; readonly isChild: boolean }
  /** Another file is filled; a file gets this name, or a second one; the log is cut. */
  | { readonly call: 'fill' | 'rename' | 'link' | 'cut'; readonly path: string };

/** Dies before it is done, after half of it, after it, or when so many characters of the text are written. */
export type Death = 'before' | 'half' | 'after' | number;

/** Undefined when this moment is not meant. */
export type Aim = (moment: Moment) => Death | undefined;

/** The points that the process reaches by itself: `kill-at.ts` looks at every moment and dies there. */
export const aims = {
  // the log
  'before-start': inLog('job.started', 'before'),
  'after-start': onceSynced('job.started'),
  'event-written': ({ call }) => (call === 'write' ? 'after' : undefined),
  'event-synced': ({ call }) => (call === 'sync' ? 'after' : undefined),
  'mid-line': (moment) => (moment.call === 'write' ? midLine(moment.text) : undefined),
  'before-end': inLog(/job\.(succeeded|failed)/, 'before'),
  // content, and the event that names it
  'file-not-logged': renamed(/\/outputs\//, 'after'),
  'blob-not-logged': renamed(/\/artifacts\//, 'after'),
  'reply-not-logged': inLog('llm.response', 'before', '"success":true'),
  'file-without-success': (moment) => betweenAndSuccess('file.written', moment),
  'success-not-logged': inLog('step.succeeded', 'before'),
  'mid-content': ({ call }) => (call === 'fill' ? 'half' : undefined),
  // names
  'before-rename': renamed(/./, 'before'),
  'after-rename': renamed(/./, 'after'),
  'manifest-draft': renamed(/\/manifest\.json$/, 'before'),
  'before-link': linked('before'),
  'after-link': linked('after'),
  // commands
  'command-not-logged': inLog('process.started', 'before'),
  // Not once it is synced: a relaxed run syncs nothing while its command goes on.
  'command-runs': onceWritten('process.started'),
  // tools
  'tool-called': onceSynced('tool.called'),
  'tool-not-logged': inLog('tool.returned', 'before'),
  'tool-returned': onceWritten('tool.returned'),
  // persons
  'question-asked': onceSynced('approval.requested'),
  'answer-not-logged': inLog(/approval\.(granted|rejected)/, 'before'),
  'answer-logged': onceSynced(/approval\.(granted|rejected)/),
  // runs within runs
  'child-not-started': onceSynced('job.linked'),
  'inside-child': (moment) => (moment.call === 'sync' && moment.isChild ? 'after' : undefined),
  'child-end-not-told': (moment) => (moment.call === 'sync' && moment.isChild ? childEnded(moment) : undefined),
  // steps that join
  'growth-without-success': (moment) => betweenAndSuccess('plan.extended', moment),
  // recovery
  'tail-kept': renamed(/\/events\.torn-\d+$/, 'after'),
  'tail-cut': ({ call }) => (call === 'cut' ? 'after' : undefined),
  'losses-half-told': inLog('step.canceled', 'mid', '"process_lost"'),
} as const satisfies Readonly<Record<string, Aim>>;

export type AimedPoint = keyof typeof aims;

/** The points of recovery are met only by a process that finds what another one left. */
export const recoveryPoints = ['tail-kept', 'tail-cut', 'losses-half-told'] as const satisfies AimedPoint[];

/** `in-flight`: the provider has a question, and answered it not at all, half, or whole. `random`: by the clock. */
export type KillPoint = AimedPoint | 'in-flight' | 'random';

export const killPoints = [...(Object.keys(aims) as AimedPoint[]), 'in-flight', 'random'] as const;

/** At a line of this type in the text; `mid`: in the midst of it. */
function inLog(type: string | RegExp, where: 'before' | 'mid', alsoHas = ''): Aim {
  return (moment) => {
    if (moment.call !== 'write') return undefined;
    const line = findLine(moment.text, (text) => isOf(type, text) && text.includes(alsoHas));
    return line && (where === 'before' ? line.start : Math.floor((line.start + line.end) / 2));
  };
}

function onceSynced(type: string | RegExp): Aim {
  return ({ call, ...moment }) => {
    if (call !== 'sync' || !('text' in moment)) return undefined;
    return findLine(moment.text, (text) => isOf(type, text)) && 'after';
  };
}

function onceWritten(type: string | RegExp): Aim {
  return ({ call, ...moment }) => {
    if (call !== 'write' || !('text' in moment)) return undefined;
    return findLine(moment.text, (text) => isOf(type, text)) && 'after';
  };
}

const childEnded = onceSynced(/job\.(succeeded|waiting)/);

function renamed(path: RegExp, when: 'before' | 'after'): Aim {
  return (moment) => (moment.call === 'rename' && path.test(moment.path) ? when : undefined);
}

function linked(when: 'before' | 'after'): Aim {
  return ({ call, path }) => (call === 'link' && path.includes('/.cache/') ? when : undefined);
}

function midLine(text: string): number {
  const half = Math.floor(text.length / 2);
  return text[half - 1] === '\n' ? half + 5 : half;
}

/** Most often both stand in one write. */
function betweenAndSuccess(type: string, moment: Moment): Death | undefined {
  if (moment.call !== 'write') return undefined;
  const told = findLine(moment.text, (text) => isOf(type, text));
  const success = findLine(moment.text, (text) => isOf('step.succeeded', text), told?.end);
  return told && (success?.start ?? told.end);
}

type Line = { readonly start: number; readonly end: number };

/** The first line from `from` on that fits; `end` is behind its newline. */
function findLine(text: string, fits: (line: string) => boolean, from = 0): Line | undefined {
  for (let start = from; start < text.length;) {
    const end = text.indexOf('\n', start) + 1;
    if (fits(text.slice(start, end))) return { start, end };
    start = end;
  }
  return undefined;
}

/** No value of an event holds these bytes: quotes are escaped in them. */
function isOf(type: string | RegExp, line: string): boolean {
  if (typeof type === 'string') return line.includes(`"type":"${type}"`);
  return type.test(/"type":"([a-z_.]+)"/.exec(line)?.[1] ?? '');
}
