import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { root } from '../checks.mjs';

const conditions = ['@orch/source', 'node', 'module', 'import', 'default'];

export default defineConfig({
  root,
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    environment: 'node',
    include: ['packages/*/src/**/*.test.ts', 'apps/*/src/**/*.test.ts', 'tools/fuzz/*.test.ts'],
    setupFiles: [join(import.meta.dirname, 'count-cases.ts')],
    reporters: ['default'],
  },
});
