/** A number as C's `%e`, `%f` and `%g` print it, and their capital forms. */
export function formatDouble(kind: string, value: number, flags = '', precision = 6): string {
  const text = signed(value, flags) + unsigned(kind.toLowerCase(), Math.abs(value), flags, precision);
  return kind === kind.toLowerCase() ? text : text.toUpperCase();
}

function signed(value: number, flags: string): string {
  if (value < 0 || Object.is(value, -0)) return '-';
  return flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '';
}

function unsigned(kind: string, value: number, flags: string, precision: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'nan' : 'inf';
  if (kind === 'e') return withExponent(value.toExponential(Math.min(precision, 100)));
  if (kind === 'f') return fixed(value, precision);
  const digits = precision || 1;
  const exponent = value === 0 ? 0 : Number(/e(.*)$/.exec(value.toExponential(digits - 1))![1]);
  const short = exponent < -4 || exponent >= digits;
  const text = short ? value.toExponential(digits - 1) : fixed(value, digits - 1 - exponent);
  const [mantissa = '', power] = text.split('e') as [string, string?];
  const kept = mantissa.includes('.') && !flags.includes('#') ? mantissa.replace(/\.?0+$/, '') : mantissa;
  return power === undefined ? kept : withExponent(`${kept}e${power}`);
}

/** `toFixed()`, also for numbers that it would print with an exponent. */
function fixed(value: number, precision: number): string {
  if (value < 1e21) return value.toFixed(Math.min(precision, 100));
  return BigInt(value).toString() + (precision > 0 ? `.${'0'.repeat(precision)}` : '');
}

const withExponent = (text: string) => text.replace(/e([+-])(\d)$/, 'e$10$2');
