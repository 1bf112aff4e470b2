import { defineConfig } from 'vitest/config';
import PlainReporter from './tools/plain-reporter.ts';

const conditions = ['@orch/source', 'node', 'module', 'import', 'default'];

const project = (name: string, include: string[], testTimeout: number) => ({
  extends: true as const,
  test: { name, include, testTimeout, hookTimeout: testTimeout },
});

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    environment: 'node',
    reporters: ['default', new PlainReporter()],
    passWithNoTests: true,
    projects: [
      project('unit', ['packages/*/src/**/*.test.ts', 'apps/*/src/**/*.test.ts', 'tools/**/*.test.ts'], 10_000),
      project('e2e', ['e2e/**/*.test.ts'], 60_000),
    ],
  },
});
