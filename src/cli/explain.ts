import { errnoName } from '../abi/errno.ts';
import type { ProbeErrorCode } from '../abi/probe-errors.ts';
import { ProbeErrorText } from '../abi/probe-errors.ts';
import type { ArchName } from '../machine/index.ts';
import { DefinitionExplainer } from '../ui/explain-definition.ts';
import { type ExplainedError, explainCode, explainErrno, findError } from '../ui/explain-error.ts';
import { definitionText, errorText, refusalText, type TextStyle } from '../ui/explain-text.ts';
import { bootOptions } from './boot-options.ts';
import { colour } from './colour.ts';
import { ExitStatus, UsageError } from './exit-status.ts';
import { exampleLine } from './explain-example.ts';
import { Checker, type Finding, findingJson, findingText, optionSources } from './finding.ts';
import { put, putJson } from './output.ts';
import { profileOf } from './profile-option.ts';

interface ExplainOptions {
  readonly json?: boolean;
  readonly arch?: ArchName;
  readonly profile?: string;
}

const style = (): TextStyle => ({ width: Math.max(30, Math.min(process.stdout.columns || 100, 120)), paint: colour });

/** Texts hold characters beyond a byte, such as those of names. */
const show = (text: string) => put(Buffer.from(text, 'utf8'));

/** The rules that a refusal is about: those of its reasons, or of its errno. */
function rulesOf({ answer }: Finding): ExplainedError[] {
  const codes = [...new Set(answer.errors.map(({ code }) => code))].filter((code) =>
    Object.hasOwn(ProbeErrorText, code),
  );
  if (codes.length > 0) return codes.map((code) => explainCode(code as ProbeErrorCode));
  const errno = explainErrno(errnoName(answer.ret) ?? '');
  return errno === undefined ? [] : [errno];
}

function explainRefusal(finding: Finding, json: boolean | undefined): void {
  const rules = rulesOf(finding);
  process.exitCode = ExitStatus.REFUSED;
  if (json) {
    putJson({ ...findingJson(finding), rules });
    return;
  }
  if (put(findingText({ ...finding, hints: [] }))) show(refusalText(rules, finding.hints, style()));
}

/** `fprobe explain`: a definition drawn apart, or what a reason for refusing one means. */
export function explain(words: readonly string[], options: ExplainOptions): void {
  const text = words.join(' ');
  if (text.trim() === '') throw new UsageError('explain needs a definition, or the name or text of an error');
  const error = findError(text);
  if (error !== undefined) {
    if (options.json) putJson(error);
    else show(errorText(error, style()));
    return;
  }
  const profile = profileOf(options.profile);
  const checker = new Checker(profile, options.arch);
  const { name, definitions } = optionSources([text])[0]!;
  const definition = definitions[0]!;
  const finding = checker.find(name, definition);
  const probe = checker.last;
  if (finding.answer.ret < 0) {
    explainRefusal(finding, options.json);
    return;
  }
  if (probe === undefined) throw new UsageError('that defines nothing');
  const explainer = new DefinitionExplainer(profile, checker.machine);
  const { definition: made, call } = probe;
  const explained = explainer.explain(
    { definition: made, call, show: probe.show() },
    definition.text.trim().split(/\s+/),
  );
  const example = exampleLine(profile, definition.text, probe, checker.machine, bootOptions(options));
  const { hints } = finding;
  const arch = checker.machine.arch.name;
  if (options.json) putJson({ accepted: true, arch, ...explained, example, hints });
  else show(definitionText(explained, { arch, example, hints }, style()));
}
