import { posix } from 'node:path';

/**
 * @typedef {{ item: { path: string }, output: string }} Page
 *
 * @typedef {object} Context
 * @property {{ title: string, files: string }} vars
 * @property {{ pages: { items?: readonly Page[] }, overview: { output: string | null } }} steps
 * @property {(path: string, content: string) => Promise<unknown>} write
 */

/**
 * Writes a page for each file, and the index that links them.
 *
 * @param {Context} context
 */
export default async function writePages({ vars, steps, write }) {
  const pages = (steps.pages.items ?? []).map(pageOf);
  if (pages.length === 0) throw new Error(`Expected files that fit ${vars.files} (files), found none.`);
  for (const { path, text } of pages) await write(posix.join('docs', path), text);
  await write('docs/index.md', indexOf(vars.title, steps.overview.output ?? '', pages));
  return pages.map(({ path, title }) => ({ path: posix.join('docs', path), title }));
}

/** @param {Page} page */
function pageOf({ item, output }) {
  const source = item.path.replace(/^(?:\.{1,2}\/)+/, '');
  const text = `${unwrapped(output)}\n`;
  const [, title = source] = /^#\s+(.+)$/m.exec(text) ?? [];
  return { source, path: `${source}.md`, text, title: title.trim(), summary: summaryOf(text) };
}

/** Some models put a whole page into a block although they are asked not to. @param {string} answer */
function unwrapped(answer) {
  const text = answer.trim();
  const [, fence, inside] = /^(`{3,}|~{3,})(?:markdown|md)[ \t]*\n([^]*)\n\1[ \t]*$/.exec(text) ?? [];
  return fence === undefined ? text : (inside ?? '').trim();
}

/** The first paragraph, in one line. @param {string} text */
function summaryOf(text) {
  const [first = ''] = text.split(/\n\s*\n/).filter((part) => !/^\s*(?:#|```|~~~|[-*] |$)/.test(part));
  return first.trim().replaceAll(/\s+/g, ' ');
}

/** @param {string} title @param {string} overview @param {readonly ReturnType<typeof pageOf>[]} pages */
function indexOf(title, overview, pages) {
  const links = pages.map((page) => `- [${page.title}](<${page.path}>) (\`${page.source}\`) ${page.summary}`.trimEnd());
  return [`# ${title}`, unwrapped(overview), links.join('\n')].filter((part) => part !== '').join('\n\n') + '\n';
}
