import type { Plan, PlanStep, StepState, SubJob } from '@orch/contracts';

/** A graph of steps, whoever draws it. */
export type Drawing = {
  /** After all that they need. */
  readonly nodes: readonly DrawnNode[];
  readonly edges: readonly DrawnEdge[];
};

export type DrawnNode = {
  readonly id: string;
  readonly level: number;
  readonly shape: Shape;
  /** It may be skipped by its own condition. */
  readonly conditional: boolean;
  /** What stands below its id: kind, items, condition. */
  readonly notes: readonly string[];
  readonly state?: StepState;
  /** The steps of the job that it runs, drawn within it; at least one. Their ids are names in there only. */
  readonly inner?: Drawing;
};

export type Shape = 'step' | 'fan_out' | 'sub_job' | 'approval';

export type DrawnEdge = {
  readonly from: string;
  readonly to: string;
  /** How the need may have ended, where it need not have succeeded. */
  readonly accepts?: string;
  /** Item by item. */
  readonly itemwise: boolean;
};

const longest = 48;

/** What there is to draw of a plan, whose steps stand after those they need; `states` colour it. */
export function toDrawing({ steps }: Pick<Plan, 'steps'>, states?: ReadonlyMap<string, StepState>): Drawing {
  const depths = new Map<string, number>();
  for (const { id, needs } of steps) {
    depths.set(id, Math.max(0, ...needs.map((need) => (depths.get(need) ?? 0) + 1)));
  }
  const nodes = steps.map((step) => toNode(step, depths.get(step.id) ?? 0, states));
  return { nodes: nodes.toSorted((a, b) => a.level - b.level), edges: steps.flatMap(edgesTo) };
}

function toNode(step: PlanStep, level: number, states?: ReadonlyMap<string, StepState>): DrawnNode {
  const { id, kind, each, when, fields } = step;
  const state = states?.get(id);
  const notes = [
    kind,
    ...(each === undefined ? [] : [`each ${itemsOf(each)}`]),
    ...(when === undefined ? [] : [`when ${when}`]),
    ...(kind === 'job' ? [`runs ${fields['spec'] as string}`] : []),
    ...(kind === 'approve' ? [fields['question'] as string] : []),
  ];
  const inner = innerOf(step);
  return {
    ...{ id, level, shape: shapeOf(step), conditional: when !== undefined, notes: notes.map(shorten) },
    ...(state !== undefined && { state }),
    ...(inner !== undefined && { inner }),
  };
}

function innerOf({ kind, fields }: PlanStep): Drawing | undefined {
  const job = kind === 'job' ? (fields['job'] as unknown as SubJob | undefined) : undefined;
  return job === undefined || job.plan.steps.length === 0 ? undefined : toDrawing(job.plan);
}

function shapeOf({ each, kind }: PlanStep): Shape {
  if (each !== undefined) return 'fan_out';
  if (kind === 'job') return 'sub_job';
  return kind === 'approve' ? 'approval' : 'step';
}

function itemsOf(each: NonNullable<PlanStep['each']>): string {
  if ('files' in each) return each.files;
  if ('from' in each) return `item of ${each.from}`;
  return typeof each.list === 'string' ? each.list : `of ${(each.list as readonly unknown[]).length} items`;
}

function edgesTo({ id, needs, accept = {}, each }: PlanStep): DrawnEdge[] {
  return needs.map((need) => {
    const accepts = Object.hasOwn(accept, need) ? accept[need]?.join(', ') : undefined;
    const itemwise = each !== undefined && 'from' in each && each.from === need;
    return { from: need, to: id, itemwise, ...(accepts !== undefined && { accepts }) };
  });
}

/** On one line. */
function shorten(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  const points = Array.from(line);
  return points.length <= longest ? line : `${points.slice(0, longest - 1).join('')}…`;
}
