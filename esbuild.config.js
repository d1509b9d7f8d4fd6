// Bundles src/ with what it uses into dist/. Commands are chunks of their own, loaded when they run.
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { build } from 'esbuild';

/** Ink's window for React's development tools, which a program for users has no need of. */
const noDevtools = {
  name: 'no-devtools',
  setup(build) {
    build.onLoad({ filter: /node_modules\/ink\/build\/devtools\.js$/ }, () => ({ contents: '' }));
  },
};

// Of just-bash, the shell's text tools alone: what the others need stays out.
const TOOLS =
  'base64 basename column comm cut diff dirname expand expr fold join jq md5sum nl od paste rev sed seq sha1sum sha256sum sort split strings tac tail tr unexpand uniq wc';
const tools = new Set(TOOLS.split(' '));
const unusedPackages =
  /^(@mongodb-js\/zstd|node-liblzma|sql\.js|undici|turndown|quickjs-emscripten|file-type|modern-tar|seek-bzip|papaparse|fast-xml-parser|yaml|smol-toml|ini)/;
const withoutUnused = {
  name: 'without-unused',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /\/chunks\/[a-z]/ }, ({ path, kind }) => {
      const name = /\/chunks\/([a-z0-9-]+?)-[A-Z0-9]{8}\.js$/.exec(path)?.[1];
      return kind === 'dynamic-import' && name && !tools.has(name) ? { path: name, namespace: 'unused' } : undefined;
    });
    onResolve({ filter: unusedPackages }, ({ path }) => ({ path, namespace: 'unused' }));
    onLoad({ filter: /.*/, namespace: 'unused' }, () => ({ contents: 'module.exports = {}', loader: 'js' }));
  },
};

rmSync('dist', { recursive: true, force: true });
const { metafile } = await build({
  entryPoints: {
    cli: 'src/cli/main.ts',
    'kernel-worker': 'src/server/worker.ts',
    'kernel-session': 'src/server/session-process.ts',
    'kernel-daemon': 'src/server/daemon.ts',
    bench: 'src/bench.ts',
    completions: 'src/completions.ts',
  },
  outdir: 'dist',
  bundle: true,
  minify: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  sourcemap: 'linked',
  sourcesContent: false,
  metafile: true,
  plugins: [noDevtools, withoutUnused],
  define: { 'process.env.NODE_ENV': '"production"' },
  logLevel: 'warning',
  // Packages that were written for CommonJS ask for Node's modules with require().
  banner: {
    js: "import { createRequire as requireFrom } from 'node:module';\nconst require = requireFrom(import.meta.url);",
  },
});

const packages = new Set(
  Object.keys(metafile.inputs).flatMap((input) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1] ?? []),
);
const notices = [...packages].sort().map((name) => {
  const { version, license } = JSON.parse(readFileSync(`node_modules/${name}/package.json`, 'utf8'));
  const file = ['LICENSE', 'LICENSE.md', 'LICENSE.txt', 'license', 'license.md'].find((each) =>
    existsSync(`node_modules/${name}/${each}`),
  );
  return `${name} ${version} (${license})\n\n${file ? readFileSync(`node_modules/${name}/${file}`, 'utf8') : ''}`;
});
writeFileSync(
  'dist/LICENSES.txt',
  `The programs in this folder contain these packages:\n\n${notices.join(`\n${'-'.repeat(80)}\n\n`)}`,
);
