// Part of the build: the whole program and what it depends on as one file, and the licences of what is in it.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';

const root = path.join(import.meta.dirname, '../..');
const folder = path.join(root, 'dist/bundle');
// A cache that outlived its source by a moment would be taken for it: V8 compares lengths only.
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });

/** ssh2's native parts are optional, and are built where it is installed. */
const native = {
  name: 'native',
  setup({ onResolve }) {
    onResolve({ filter: /\.node$/ }, ({ path: file, resolveDir }) => {
      const [, inside] = path.join(resolveDir, file).split(`node_modules${path.sep}`);
      return { path: inside, external: true };
    });
  },
};

/** Of inquirer's questions none of ours takes an editor, which would bring half a megabyte of character sets. */
const editor = {
  name: 'editor',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^@inquirer\/external-editor$/ }, () => ({ path: 'editor', namespace: 'none' }));
    onLoad({ filter: /.*/, namespace: 'none' }, () => ({
      contents: "export function editAsync() { throw new Error('there is no editor in the bundle'); }",
    }));
  },
};

const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: ['dist/process.js'],
  outfile: 'dist/bundle/provision.cjs',
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  minifyWhitespace: true,
  minifySyntax: true,
  keepNames: false,
  legalComments: 'none',
  // Only a run with an engine loads these, from node_modules: neither is to be read at every start.
  external: ['cpu-features', 'bullmq', 'ioredis'],
  // A script of node:vm has no import(); what is in the bundle needs none, and the rest comes by require.
  supported: { 'dynamic-import': false },
  plugins: [native, editor],
  // A function for loadBundle, which cannot put one around the text without copying it, and a program for whoever starts it.
  banner: {
    js: `((run)=>typeof require==='undefined'?run:run(require,__filename,__dirname))(function(require,__filename,__dirname){
var bundleUrl=require('node:url').pathToFileURL(__filename).href;`,
  },
  footer: { js: '})' },
  define: { 'import.meta.url': 'bundleUrl' },
  metafile: true,
  logLevel: 'warning',
});

const packages = new Set(
  Object.keys(metafile.inputs).flatMap(
    (file) => /(?<name>node_modules\/(?:@[^/]+\/)?[^/]+)\/(?!.*node_modules)/u.exec(file)?.groups.name ?? [],
  ),
);
const texts = [...packages].sort().map((place) => {
  const at = path.join(root, place);
  const { name, version, license } = JSON.parse(readFileSync(path.join(at, 'package.json'), 'utf8'));
  const file = readdirSync(at).find((entry) => /^(?:licen[cs]e|copying)/iu.test(entry));
  const text =
    file === undefined || !existsSync(path.join(at, file)) ? '' : readFileSync(path.join(at, file), 'utf8').trim();
  return `${name} ${version} (${license})\n\n${text}\n`;
});
writeFileSync(path.join(folder, 'LICENSES.txt'), texts.join(`\n${'-'.repeat(72)}\n\n`));
