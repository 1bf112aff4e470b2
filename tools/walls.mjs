/**
 * Who may import whom: one row a package. Imports go down the layers only; a row names every workspace package it may
 * use, also the rare one of its own layer. eslint.config.mjs makes lint rules of it, walls.test.ts proves that they bite.
 *
 * @typedef {object} Wall
 * @property {string} dir
 * @property {number} layer
 * @property {readonly string[]} mayImport
 */

const vendors = [
  'providers-ollama',
  'providers-openai',
  'providers-anthropic',
  'providers-mlx',
  'providers-replay',
  'providers-echo',
];
const mechanisms = ['dag', 'lifecycle', 'filestore', 'process', 'answers', 'secrets'];
const belowEngine = ['contracts', ...mechanisms, 'events', 'cache', 'spec', 'gates', 'providers-core'];
const belowSdk = [...belowEngine, ...vendors, 'engine', 'mcp', 'pipelines'];

/** @type {Record<string, Wall>} */
export const walls = {
  contracts: { dir: 'packages/contracts', layer: 0, mayImport: [] },

  dag: { dir: 'packages/dag', layer: 1, mayImport: [] },
  lifecycle: { dir: 'packages/lifecycle', layer: 1, mayImport: ['contracts'] },
  filestore: { dir: 'packages/filestore', layer: 1, mayImport: ['contracts'] },
  process: { dir: 'packages/process', layer: 1, mayImport: ['contracts'] },
  answers: { dir: 'packages/answers', layer: 1, mayImport: ['contracts'] },
  secrets: { dir: 'packages/secrets', layer: 1, mayImport: ['contracts'] },

  events: { dir: 'packages/events', layer: 2, mayImport: ['contracts', 'filestore', 'lifecycle'] },
  cache: { dir: 'packages/cache', layer: 2, mayImport: ['contracts', 'filestore'] },

  spec: { dir: 'packages/spec', layer: 3, mayImport: ['contracts', 'dag'] },
  gates: { dir: 'packages/gates', layer: 3, mayImport: ['contracts', 'lifecycle', 'process'] },
  mcp: { dir: 'packages/mcp', layer: 3, mayImport: ['contracts', 'process'] },
  'providers-core': { dir: 'packages/providers-core', layer: 3, mayImport: ['contracts'] },
  ...Object.fromEntries(
    vendors.map((name) => [name, { dir: `packages/${name}`, layer: 3, mayImport: ['contracts', 'providers-core'] }]),
  ),
  'providers-mlx': {
    dir: 'packages/providers-mlx',
    layer: 3,
    mayImport: ['contracts', 'providers-core', 'providers-openai'],
  },

  pipelines: { dir: 'packages/pipelines', layer: 3, mayImport: ['contracts'] },

  engine: { dir: 'packages/engine', layer: 4, mayImport: belowEngine },

  sdk: { dir: 'packages/sdk', layer: 5, mayImport: belowSdk },
  cli: { dir: 'apps/cli', layer: 5, mayImport: [...belowSdk, 'sdk'] },
};

/** The same table as constraints for @nx/enforce-module-boundaries, once by layer and once by package. */
export function depConstraints() {
  return [...layerConstraints(), ...packageConstraints()];
}

function layerConstraints() {
  const layers = [...new Set(Object.values(walls).map((wall) => wall.layer))];
  return layers.map((layer) => ({
    sourceTag: `layer:${layer}`,
    onlyDependOnLibsWithTags: [
      ...layers.filter((other) => other < layer).map((other) => `layer:${other}`),
      ...namedOfOwnLayer(layer).map((name) => `pkg:${name}`),
    ],
  }));
}

/** @param {number} layer */
function namedOfOwnLayer(layer) {
  const named = Object.values(walls).filter((wall) => wall.layer === layer);
  return [...new Set(named.flatMap((wall) => wall.mayImport))].filter((name) => walls[name]?.layer === layer);
}

function packageConstraints() {
  return Object.entries(walls).map(([name, { mayImport }]) => ({
    sourceTag: `pkg:${name}`,
    onlyDependOnLibsWithTags: mayImport.map((other) => `pkg:${other}`),
  }));
}
