import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

type Context = {
  item: { path: string; text: string };
  job: { dir: string };
  log(line: string): void;
};

/** Counts the links of a page to other files, and lists those that lead nowhere. What it returns must be JSON. */
export default function findLinks({ item, job, log }: Context): { links: number; broken: string[] } {
  const links = [...item.text.matchAll(/\]\((?!\w+:|#)([^)\s#]+)/g)].map(([, target = '']) => target);
  const broken = links.filter((target) => !existsSync(join(job.dir, dirname(item.path), target)));
  log(`${item.path}: ${links.length} links, ${broken.length} of them broken`);
  return { links: links.length, broken };
}
