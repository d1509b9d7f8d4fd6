const BARS = ' ▁▂▃▄▅▆▇█';

/** The last values as a row of bars, the highest of them full; `width` characters, the newest on the right. */
export function sparkline(values: readonly number[], width: number): string {
  const shown = values.slice(-width);
  const most = Math.max(1, ...shown);
  const bars = shown.map((value) => BARS[value <= 0 ? 0 : Math.max(1, Math.round((value / most) * (BARS.length - 1)))]);
  return bars.join('').padStart(width);
}
