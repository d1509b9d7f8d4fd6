/** A number as C's `%e`, `%f` and `%g` print it, and their capital forms. */
export function formatDouble(kind: string, value: number, flags = '', precision = 6): string {
  const text = signOf(value, flags) + positive(kind.toLowerCase(), Math.abs(value), flags, precision);
  return kind === kind.toLowerCase() ? text : text.toUpperCase();
}

function signOf(value: number, flags: string): string {
  if (value < 0 || Object.is(value, -0)) return '-';
  return flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '';
}

function positive(kind: string, value: number, flags: string, precision: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'nan' : 'inf';
  if (kind === 'e') return scientific(value, precision);
  if (kind === 'f') return fixed(value, precision);
  const digits = precision || 1;
  const exponent = value === 0 ? 0 : Number(/e(.*)$/.exec(scientific(value, digits - 1))![1]);
  const isLong = exponent < -4 || exponent >= digits;
  const [mantissa = '', power] = (isLong ? scientific(value, digits - 1) : fixed(value, digits - 1 - exponent)).split(
    'e',
  ) as [string, string?];
  const kept = mantissa.includes('.') && !flags.includes('#') ? mantissa.replace(/\.?0+$/, '') : mantissa;
  return power === undefined ? kept : `${kept}e${power}`;
}

/** Most digits that JavaScript tells. */
const MOST = 100;

function scientific(value: number, precision: number): string {
  const digits = Math.min(precision, MOST);
  const [all = '', power = ''] = value.toExponential(MOST).split('e');
  const [short = '', shortPower = power] = value.toExponential(digits).split('e');
  const even = evenDigits(all, digits);
  return `${even ?? short}e${even === undefined ? shortPower : power}`.replace(/e([+-])(\d)$/, 'e$10$2');
}

/** `toFixed()`, also for numbers that it would print with an exponent. */
function fixed(value: number, precision: number): string {
  if (value >= 1e21) return BigInt(value).toString() + (precision > 0 ? `.${'0'.repeat(precision)}` : '');
  const digits = Math.min(precision, MOST);
  return evenDigits(value.toFixed(MOST), digits) ?? value.toFixed(digits);
}

/** Where a number is halfway between two, the one with an even last digit, as C rounds: when that is the lower one. */
function evenDigits(all: string, digits: number): string | undefined {
  const point = all.indexOf('.');
  const end = point + 1 + digits;
  if (!/^50*$/.test(all.slice(end))) return undefined;
  const lower = digits === 0 ? all.slice(0, point) : all.slice(0, end);
  return Number(lower.at(-1)) % 2 === 0 ? lower : undefined;
}
