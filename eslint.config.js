import tseslint from 'typescript-eslint';

/** I/O that the pure rooms may not know: what they do follows from their arguments alone. */
const IO_MODULES = [
  'fs',
  'fs/promises',
  'net',
  'tls',
  'http',
  'https',
  'dns',
  'child_process',
  'process',
  'os',
  'readline',
  'worker_threads',
  'timers',
  'timers/promises',
].flatMap((name) => [name, `node:${name}`]);
const IO_PACKAGES = ['ssh2', 'zx', 'inquirer', 'commander'];

/** The stages, in the order in which data goes through them. A room may import those before it. */
const ORDER = [
  'yaml',
  'profile',
  'inventory',
  'facts',
  'plan',
  'export',
  'guest',
  'rollout',
  'crash',
  'investigate',
  'journal',
  'engine',
  'report',
  'shipped',
  'cli',
];
const PURE = ['yaml', 'profile', 'inventory', 'facts', 'plan', 'export'];
const later = (room) => ORDER.slice(ORDER.indexOf(room) + 1);

const fence = (room, pure, stage = room) => ({
  files: [`src/${room}/**/*.ts`],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        paths: pure
          ? [...IO_MODULES, ...IO_PACKAGES].map((name) => ({ name, message: `${room}/ is pure: no I/O` }))
          : [],
        patterns: later(stage).map((next) => ({
          group: [`**/${next}/**`],
          message: `${room}/ comes before ${next}/: data flows one way`,
        })),
      },
    ],
    ...(pure
      ? {
          'no-restricted-globals': ['error', 'process', 'console', 'setTimeout', 'setInterval', 'fetch'],
          'no-restricted-properties': [
            'error',
            { object: 'Date', property: 'now', message: 'pure rooms have no clock' },
            { object: 'Math', property: 'random', message: 'pure rooms have no chance' },
          ],
        }
      : {}),
  },
});

export default tseslint.config(
  { ignores: ['dist/**', 'coverage/**', 'node_modules/**'] },
  {
    files: ['src/**/*.ts', 'test/**/*.ts'],
    extends: [...tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      'no-console': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
    },
  },
  ...ORDER.map((room) => fence(room, PURE.includes(room))),
  fence('rollout/strategy', true, 'rollout'),
  ...['reading', 'signatures', 'explaining', 'flame'].map((part) => fence(`investigate/${part}`, true, 'investigate')),
  {
    files: ['test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/unbound-method': 'off',
      'no-restricted-imports': 'off',
    },
  },
);
