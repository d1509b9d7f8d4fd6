import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Errno } from '../abi/errno.ts';
import { makeTracing, NumberEvent } from '../trace/test-tracing.ts';
import { traceText } from '../trace/trace-file.ts';
import { histText, writeTrigger } from '../trace/trigger-command.ts';
import { addHistTriggers } from './index.ts';

fc.configureGlobal({ seed: 616 });

function boot() {
  const tracing = makeTracing();
  const { synthetic } = addHistTriggers(tracing);
  const errors: string[] = [];
  const listed = new Set<{ show(): string }>();
  synthetic.join(
    {
      add: (event) => listed.add(event),
      remove: (event) => listed.delete(event),
      releaseAll: () => 0,
    },
    ({ text }) => errors.push(text),
  );
  return { tracing, synthetic, errors, list: () => [...listed].map((event) => event.show()).join('') };
}

const PIECES = [
  ...[
    'x',
    'y ',
    'int',
    'u64 ',
    'char[',
    ']',
    'char[16] ',
    'long[] ',
    'unsigned ',
    'unsigned',
    'pid_t ',
    'gfp_t a',
    'bool b',
  ],
  ...[
    ' ',
    ';',
    '; ',
    '\t',
    'a',
    'b ',
    'c1',
    '1',
    '[',
    '[]',
    '[4]',
    '[300]',
    '-',
    '!',
    's:',
    'synthetic/',
    '/',
    'é',
    '#',
    'float f',
  ],
];
const field = fc
  .tuple(
    fc.constantFrom(
      'int',
      'u8',
      's64',
      'unsigned long',
      'char[]',
      'char[16]',
      'unsigned long[]',
      'bool',
      'pid_t',
      'gfp_t',
    ),
    fc.constantFrom('a', 'b', 'c', '_d', 'e1'),
  )
  .map((parts) => parts.join(' '));
const command = fc.oneof(
  fc.array(fc.constantFrom(...PIECES), { maxLength: 10 }).map((pieces) => pieces.join('')),
  fc
    .tuple(
      fc.constantFrom('x', 'lat', '_'),
      fc.array(field, { minLength: 1, maxLength: 70 }),
      fc.constantFrom(';', '; ', ' ; '),
    )
    .map(([name, fields, separator]) => `${name} ${fields.join(separator)}`),
);

test('any command is taken or refused; what is taken reads back, and is taken again', () => {
  let taken = 0;
  fc.assert(
    fc.property(command, fc.boolean(), (text, dynamic) => {
      const { synthetic, errors, list } = boot();
      const ret = dynamic ? synthetic.create([], `s:${text}`) : synthetic.run(text);
      const shown = synthetic.show();
      if (shown === '') {
        expect(ret === 0 || errors.length > 0 || ret === -Errno.ENOENT).toBe(true);
        return;
      }
      expect(ret).toBe(0);
      taken++;
      expect(list()).toBe(`s:synthetic/${shown}`);
      expect(synthetic.run(`!${shown.split('\t')[0]}`)).toBe(0);
      expect([synthetic.show(), list()]).toEqual(['', '']);
      expect(synthetic.run(shown.trimEnd())).toBe(0);
      expect(synthetic.show()).toBe(shown);
    }),
    { numRuns: 1500 },
  );
  expect(taken).toBeGreaterThan(300);
});

test('an event that traces itself ends where no more hits of histograms can nest', () => {
  const { tracing, synthetic } = boot();
  const go = new NumberEvent('test', 'go');
  tracing.events.add(go);
  expect(synthetic.run('loop int count')).toBe(0);
  const loop = tracing.top.eventFile('synthetic', 'loop')!;
  loop.setEnabled(true);
  expect(writeTrigger(loop, 'hist:keys=common_pid:v=count+1:onchange($v).trace(loop,$v)')).toBeGreaterThan(0);
  const first = tracing.top.eventFile('test', 'go')!;
  expect(writeTrigger(first, 'hist:keys=common_pid:v=value:onchange($v).trace(loop,$v)')).toBeGreaterThan(0);
  go.hit(tracing, 11);
  const text = traceText({ array: tracing.top, buffer: tracing.top.buffer, cpus: [0] });
  expect(text.match(/loop: count=\d+/g)).toEqual(['11', '12', '13', '14'].map((count) => `loop: count=${count}`));
  expect(histText(loop)).toContain('hitcount:          3\n\tchanged:         14\n');
});
