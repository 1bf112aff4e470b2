const extensions = new Set(
  (
    'adoc astro awk bash bat c cc cfg cjs clj cljs cmd cnf conf cpp cs csproj css csv cts cxx dart diff edn el elm env ' +
    'erb erl ex exs fish fs gleam go gql gradle graphql groovy h hbs hcl hh hpp hrl hs htm html hxx ini ipynb java jl ' +
    'js json json5 jsonc jsonl jsx kt kts less liquid lock lua m markdown md mdx mjs mk ml mli mm mts nim nix patch php pl pm ' +
    'po prisma properties proto ps1 pug py pyi r rb rs rst sass sbt scala scss service sh sln sol sql svelte svg swift ' +
    'tcl tex tf tfvars toml ts tsv tsx txt v vb vue wat xhtml xml xsd yaml yml zig zsh'
  ).split(' '),
);

const withoutExtension =
  /^(?:Dockerfile|Containerfile|Makefile|Justfile|Procfile|Gemfile|Rakefile|Jenkinsfile|Vagrantfile|Caddyfile|CODEOWNERS|LICENSE)$/;

const products = /^(?:Node|Next|Nuxt|Vue|Express|Three|Nest)\.js$/;

/** Whether a word standing alone near a block is surely meant as a file: a known extension or name, not `app.listen` or `Node.js`. */
export function isFileName(word: string): boolean {
  if (!isPlain(word) || products.test(word)) return false;
  const base = baseOf(word);
  const extension = extensionOf(base);
  if (withoutExtension.test(base) || isDotFile(base)) return true;
  return extensions.has(extension) || (base !== word && /[a-z]/.test(extension));
}

/** Whether a word where a path belongs can be one: anything with an extension or an inner slash. */
export function isPath(word: string): boolean {
  if (isFileName(word)) return true;
  if (!isPlain(word)) return false;
  return /[a-z]/.test(extensionOf(baseOf(word))) || /^[^/\\].*[/\\]/.test(word);
}

/** The name as it was written, without quotes, emphasis, brackets around it or a leading `./`. */
export function cleanName(word: string): string {
  let name = word.trim();
  for (let before = ''; before !== name;) {
    before = name;
    name = name
      .replace(/:$/, '')
      .replace(/^(\*\*|[*`"'])(.+)\1$/, '$2')
      .replace(/^\(([^()]*)\)$/, '$1');
  }
  return name.replace(/^(?:\.\/)+/, '');
}

export function isMarkdownName(name: string): boolean {
  return /\.(?:md|mdx|markdown)$/i.test(name);
}

/** Lower case and without the dot; empty when there is none. */
export function extensionOf(name: string): string {
  return /\.(\w+)$/.exec(name)?.[1]?.toLowerCase() ?? '';
}

function baseOf(path: string): string {
  return path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
}

function isDotFile(base: string): boolean {
  return /^\.[A-Za-z][\w.-]*$/.test(base);
}

/** One that names a drive is still a name, for all that it is refused later. */
function isPlain(word: string): boolean {
  const path = word.replace(/^[A-Za-z]:(?=[\\/])/, '');
  return path.length <= 255 && !/[\s<>"'`|?*:,;]|\0|\/$|\.$/.test(path);
}
