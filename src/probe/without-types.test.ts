import { expect, test } from 'vitest';
import { Btf } from '../btf/index.ts';
import { parseProbeArg } from './probe-arg.ts';
import { ProbeScope } from './probe-scope.ts';
import { Refusal } from './refusal.ts';

const parse = (text: string, isReturn: boolean) =>
  parseProbeArg(text, [], new ProbeScope({ isReturn, isTracepoint: false, functionName: 'f' }, Btf.none()));

test.each<[text: string, isReturn: boolean, code: string | undefined]>([
  ['count', false, 'NOSUP_BTFARG'],
  ['file->f_mode', true, 'NOSUP_BTFARG'],
  ['+8(count)', false, 'NOSUP_BTFARG'],
  ['$retval', false, 'RETVAL_ON_PROBE'],
  ['$retval', true, undefined],
  ['$arg2', false, undefined],
  ['+0($arg1):string', false, undefined],
  ['$comm', false, undefined],
])('a kernel without types: %s', (text, isReturn, code) => {
  const parsed = parse(text, isReturn);
  expect(parsed instanceof Refusal ? parsed.errors[0]?.code : undefined).toBe(code);
});
