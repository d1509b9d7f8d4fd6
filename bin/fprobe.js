#!/usr/bin/env node
// Starts the built program; says what to do when it has not been built.
import { existsSync } from 'node:fs';
import module from 'node:module';

const program = new URL('../dist/cli.js', import.meta.url);
if (existsSync(program)) {
  module.enableCompileCache?.();
  const { main } = await import(program.href);
  await main(process.argv.slice(2));
} else {
  process.stderr.write('fprobe: not built yet: run "npm run build" in the project folder\n');
  process.exitCode = 2;
}
