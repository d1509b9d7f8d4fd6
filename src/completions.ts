// `npm run completions`: writes completion scripts and the manual page, made from the commands, into completions/.
import { mkdirSync, writeFileSync } from 'node:fs';
import { completionFiles } from './cli/completion-files.ts';

const root = new URL('../', import.meta.url);
mkdirSync(new URL('completions/', root), { recursive: true });
for (const [name, text] of Object.entries(completionFiles(root)))
  writeFileSync(new URL(`completions/${name}`, root), text);
