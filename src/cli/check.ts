import type { ArchName } from '../machine/index.ts';
import { definitionsOf } from './definition-source.ts';
import { ExitStatus, UsageError } from './exit-status.ts';
import { Checker, findingJson, findingText, optionSources, type Source } from './finding.ts';
import { latin1, readInput } from './input.ts';
import { put, putJson, say } from './output.ts';
import { profileOf } from './profile-option.ts';

interface CheckOptions {
  readonly event: readonly string[];
  readonly json?: boolean;
  readonly arch?: ArchName;
  readonly profile?: string;
}

function sources(file: string | undefined, options: CheckOptions): Source[] {
  const given = optionSources(options.event);
  if (file !== undefined)
    given.push({ name: file === '-' ? '<stdin>' : file, definitions: definitionsOf(latin1(readInput(file))) });
  if (given.length === 0) throw new UsageError('check needs definitions: -e DEFINITION, a file, or - for stdin');
  return given;
}

/** `fprobe check`: what the kernel answers to each definition, in order, on one fresh kernel. */
export function check(file: string | undefined, options: CheckOptions): void {
  const inputs = sources(file, options);
  const checker = new Checker(profileOf(options.profile), options.arch);
  const count = { accepted: 0, refused: 0, 'not checked': 0 };
  for (const { name, definitions } of inputs) {
    for (const definition of definitions) {
      if (definition.unknown !== undefined) {
        count['not checked']++;
        say(`${name}:${definition.line}: not checked: it depends on ${definition.unknown}`);
        continue;
      }
      const finding = checker.find(name, definition);
      count[finding.answer.ret < 0 ? 'refused' : 'accepted']++;
      if (!(options.json ? putJson(findingJson(finding)) : put(findingText(finding)))) return;
    }
  }
  const parts = Object.entries(count).filter(([what, n]) => n > 0 || what !== 'not checked');
  say(parts.map(([what, n]) => `${n} ${what}`).join(', '));
  if (count.refused > 0) process.exitCode = ExitStatus.REFUSED;
}
