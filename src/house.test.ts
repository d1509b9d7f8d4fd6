import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { expect, test } from 'vitest';

/** Which folders a folder may import besides itself; what it lists, it may also reach through them. */
const LAYERS: Record<string, readonly string[]> = {
  abi: [],
  btf: ['abi'],
  profile: ['btf'],
  machine: ['profile'],
  ftrace: ['machine'],
  fgraph: ['ftrace'],
  fprobe: ['fgraph'],
  'ring-buffer': ['machine'],
  trace: ['ring-buffer', 'fgraph'],
  events: ['trace'],
  hist: ['trace'],
  tracer: ['trace'],
  probe: ['trace'],
  dynevent: ['probe', 'fprobe', 'hist'],
  bpf: ['dynevent'],
  perf: ['dynevent'],
  modules: ['dynevent'],
  workload: ['ftrace'],
  tracefs: ['hist', 'tracer', 'bpf', 'perf', 'modules', 'events', 'workload'],
  shell: ['tracefs'],
  fuse: ['tracefs'],
  server: ['fuse', 'shell'],
  export: ['tracefs'],
  ui: ['shell', 'fuse', 'server', 'export'],
  cli: ['ui'],
};
const HOST_FOLDERS = new Set(['profile', 'shell', 'fuse', 'server', 'ui', 'cli']);
const MAX_LINES = 600;

function reachable(folder: string, seen = new Set<string>()): Set<string> {
  if (!seen.has(folder)) {
    seen.add(folder);
    for (const next of LAYERS[folder] ?? []) reachable(next, seen);
  }
  return seen;
}

const src = import.meta.dirname;
const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((name) => /\.tsx?$/.test(name));
const sources = files.map((name) => ({
  name,
  folder: name.split(sep)[0]!,
  text: readFileSync(join(src, name), 'utf8'),
}));
const isTest = (name: string) => /\.test\.tsx?$/.test(name) || name === 'house.test.ts';

function importsOf(text: string): string[] {
  return [
    ...text.matchAll(/(?:^|\n)\s*(?:import|export)\b[^;'"]*?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/g),
  ].map((m) => m[1] ?? m[2]!);
}

test('every folder of src is in the list of layers', () => {
  expect(sources.filter((s) => s.name.includes(sep) && !(s.folder in LAYERS)).map((s) => s.name)).toEqual([]);
});

test('imports go one way only', () => {
  const wrong: string[] = [];
  for (const { name, folder, text } of sources) {
    if (isTest(name) || !name.includes(sep)) continue;
    const allowed = reachable(folder);
    for (const target of importsOf(text)) {
      if (target.startsWith('node:') && !HOST_FOLDERS.has(folder)) wrong.push(`${name} → ${target}`);
      if (!target.startsWith('.')) continue;
      const into = relative(src, join(src, name, '..', target)).split(sep)[0]!;
      if (!allowed.has(into)) wrong.push(`${name} → ${target}`);
    }
  }
  expect(wrong).toEqual([]);
});

test(`no file is longer than ${MAX_LINES} lines, no folder deeper than two levels`, () => {
  expect(sources.filter((s) => s.text.split('\n').length > MAX_LINES).map((s) => s.name)).toEqual([]);
  expect(files.filter((name) => name.split(sep).length > 2)).toEqual([]);
});

test('every export is used outside its file, or is part of the public face', () => {
  const publicFace = new Set(['index.ts']);
  const unused: string[] = [];
  for (const { name, text } of sources) {
    if (isTest(name) || publicFace.has(name.split(sep).at(-1)!) || name.startsWith('cli')) continue;
    for (const [, symbol] of text.matchAll(
      /\nexport (?:abstract )?(?:async )?(?:const|let|function\*?|class|interface|type) (\w+)/g,
    )) {
      const word = new RegExp(`\\b${symbol}\\b`);
      if (!sources.some((other) => other.name !== name && word.test(other.text))) unused.push(`${name}: ${symbol}`);
    }
  }
  expect(unused).toEqual([]);
});
