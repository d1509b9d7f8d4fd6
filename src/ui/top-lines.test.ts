import { expect, test } from 'vitest';
import { sparkline } from './sparkline.ts';
import { bar, cursorOf, heading, lineText, short, span } from './top-lines.ts';

test.each([
  [0, '0'],
  [7.4, '7'],
  [99_999, '99999'],
  [100_000, '100k'],
  [999_499, '999k'],
  [999_500, '1.0M'],
  [4_480_000, '4.5M'],
  [12_345_678, '12M'],
  [9.96e9, '10G'],
  [3e15, '3000T'],
])('%d is %s in short', (count, text) => {
  expect(short(count)).toBe(text);
});

test.each([
  [[], 4, '    '],
  [[0, 0], 2, '  '],
  [[1, 8], 2, '▁█'],
  [[0, 1, 2, 4], 4, ' ▂▄█'],
  [[9, 9, 1, 1], 2, '██'],
  [[1000, 1], 2, '█▁'],
])('%j is a sparkline of %d characters', (values, width, text) => {
  expect(sparkline(values, width)).toBe(text);
});

test.each([
  [0, 4, '░░░░'],
  [0.001, 4, '█░░░'],
  [0.5, 4, '██░░'],
  [1, 4, '████'],
  [1.7, 4, '████'],
])('a bar filled to %d', (part, width, text) => {
  expect(bar(part, width)).toBe(text);
});

test('a heading is as wide as the screen, or as its text', () => {
  expect(lineText(heading('keys', 20))).toBe('── keys ────────────');
  expect(lineText(heading('a long heading', 4))).toBe('── a long heading ');
});

test('the cursor is where the piece is that says so', () => {
  expect(cursorOf([[span('ab')], [span('> '), span('x'), span(' ', 'cursor'), span('y')]])).toEqual({ x: 3, y: 1 });
  expect(cursorOf([[span('ab')]])).toBeUndefined();
});
