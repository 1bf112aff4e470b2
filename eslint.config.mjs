import nx from '@nx/eslint-plugin';
import * as jsonc from 'jsonc-eslint-parser';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';
import { depConstraints } from './tools/walls.mjs';

const sources = ['packages/*/src/**/*.ts', 'apps/*/src/**/*.ts'];
const tests = ['**/*.test.ts', '**/src/testing/**'];

/** @param {string[]} allow */
const boundaries = (allow) => ({
  '@nx/enforce-module-boundaries': [
    'error',
    { allow, enforceBuildableLibDependency: true, banTransitiveDependencies: true, depConstraints: depConstraints() },
  ],
});

export default defineConfig(
  { ignores: ['**/dist', '**/coverage', '.nx', '.toolchain', '.orch', 'examples', 'tools/bench', 'eslint.config.mjs'] },
  { files: ['**/*.mjs'], extends: [tseslint.configs.recommended] },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { project: ['./tsconfig.test.json'], tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/require-await': 'off', // a port is async where one of its implementations waits
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
    },
  },
  { files: sources, plugins: { '@nx': nx }, rules: boundaries([]) },
  {
    files: sources,
    ignores: tests,
    rules: { 'no-console': 'error' },
  },
  {
    files: ['packages/contracts/src/**/*.ts'],
    ignores: ['packages/contracts/src/schemas/**', ...tests],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              group: ['zod', 'zod/*', './schemas/*', '**/schemas/*'],
              allowTypeImports: true,
              message: 'The root of contracts has no run-time dependency: schemas stay in src/schemas.',
            },
          ],
        },
      ],
    },
  },
  {
    files: tests,
    plugins: { '@nx': nx },
    rules: {
      ...boundaries(['@orch/testkit']),
      '@typescript-eslint/no-unsafe-assignment': 'off', // expect.any(), JSON.parse of what was just written
    },
  },
  {
    files: ['packages/*/package.json', 'apps/*/package.json'],
    languageOptions: { parser: jsonc },
    plugins: { '@nx': nx },
    rules: {
      '@nx/dependency-checks': [
        'error',
        { ignoredFiles: ['{projectRoot}/src/**/*.test.ts'], checkVersionMismatches: false },
      ],
    },
  },
);
