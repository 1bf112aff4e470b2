/**
 * What kind of project a task asks for, and in which language: plain rules over its words. What is given wins.
 *
 * @typedef {{ task?: string | undefined, vars: { readonly [name: string]: unknown } }} Context
 * @typedef {{ type: string, language: string }} ProjectType
 */

/** The first that fits decides: what a task says of its interface comes before what it says of its matter. */
const types = /** @type {const} */ ([
  ['cli', /\b(cli|command[- ]line|terminal (app|tool|program)|shell tool|subcommands?)\b/i],
  ['http_api', /\b(api|rest|endpoints?|graphql|http (server|service)|web ?service|micro-?service|webhooks?)\b/i],
  ['http_api', /\b(GET|POST|PUT|PATCH|DELETE) \//],
  ['web_app', /\b(web ?(app|application|site|page)s?|website|front-?end|html|browser|spa|dashboard|single[- ]page)\b/i],
  ['library', /\b(library|package|module|sdk|bindings|function|class)\b/i],
  ['data_script', /\b(csv|tsv|parquet|dataset|etl|scrap(e|er|ing)|data|analy[sz]e|analysis|report|plots?|charts?)\b/i],
  ['cli', /\b(tool|script|program|generator|converter)\b/i],
]);

const languages = /** @type {const} */ ([
  ['typescript', /\b(typescript|deno)\b|\bts\b/i],
  ['javascript', /\b(javascript|node(\.?js)?|express|npm|bun)\b|\bjs\b/i],
  ['python', /\b(python3?|flask|fastapi|django|pandas|pip|pytest)\b/i],
  ['go', /\bgolang\b|\b(in|with|using) go\b/i],
  ['rust', /\b(rust|cargo|crate)\b/i],
  ['java', /\b(java|spring|maven|gradle)\b/i],
  ['ruby', /\b(ruby|rails|sinatra|gem)\b/i],
  ['csharp', /\b(dotnet|asp\.net|csharp)\b|c#/i],
  ['bash', /\b(bash|posix shell|shell script)\b/i],
]);

const usualLanguage = /** @type {{ readonly [type: string]: string }} */ ({
  library: 'typescript',
  cli: 'python',
  http_api: 'python',
  web_app: 'javascript',
  data_script: 'python',
});

/** @param {Context} context @returns {ProjectType} */
export default function projectType({ task = '', vars }) {
  const type = given(vars['type']) ?? firstOf(types, task) ?? 'library';
  if (!Object.hasOwn(usualLanguage, type)) {
    throw new Error(`Expected type to be auto or one of ${Object.keys(usualLanguage).join(', ')}, got ${type}.`);
  }
  const language = given(vars['language'])?.toLowerCase() ?? firstOf(languages, task);
  return { type, language: language ?? usualLanguage[type] ?? 'python' };
}

/** @param {unknown} value */
function given(value) {
  return typeof value === 'string' && value !== '' && value !== 'auto' ? value : undefined;
}

/** @param {readonly (readonly [string, RegExp])[]} rules @param {string} text */
function firstOf(rules, text) {
  return rules.find(([, words]) => words.test(text))?.[0];
}
