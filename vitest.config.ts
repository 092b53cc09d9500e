import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    reporters: ['default', './test/second-try.ts'],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.{ts,mjs}'],
          exclude: ['test/lab/**', 'test/vm/**', 'test/browser/**'],
          setupFiles: ['test/property-seed.ts'],
          // No case tells the time: a machine that is busy with other things must not fail one.
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'lab',
          include: ['test/lab/**/*.test.{ts,mjs}'],
          retry: 1,
          testTimeout: 300_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          retry: 1,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'vm',
          include: ['test/vm/**/*.test.ts'],
          retry: 1,
          // Under emulation a boot takes a minute, and unpacking a compiler five.
          testTimeout: 1_800_000,
          hookTimeout: 900_000,
          fileParallelism: false,
          // Each case goes on where the one before it ended.
          bail: 1,
        },
      },
    ],
  },
});
