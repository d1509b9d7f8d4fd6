/** A token of an awk program. `value` is a name, a number's or string's text, or an expression's source. */
export interface Token {
  readonly kind: 'number' | 'string' | 'regex' | 'name' | 'call' | 'builtin' | 'keyword' | 'op' | 'newline' | 'end';
  readonly value: string;
  readonly line: number;
  /** Whether white space is in front. */
  readonly spaced: boolean;
}

/** Something in an awk program that cannot be understood. */
export class AwkError extends Error {}

const KEYWORDS = new Set(
  'BEGIN END function func if else while for do break continue next nextfile exit return delete in getline print printf'.split(
    ' ',
  ),
);

/** Functions that awk has by itself. */
const AWK_BUILTINS: ReadonlySet<string> = new Set(
  (
    'length substr index split sub gsub match sprintf sin cos atan2 exp log sqrt int rand srand tolower toupper ' +
    'system close fflush gensub strtonum systime strftime and or xor lshift rshift compl asort asorti'
  ).split(' '),
);

const OPERATORS = [
  '**=',
  '&&',
  '||',
  '++',
  '--',
  '+=',
  '-=',
  '*=',
  '/=',
  '%=',
  '^=',
  '**',
  '==',
  '<=',
  '>=',
  '!=',
  '!~',
  '>>',
  ...'{}()[];,+-*/%^!<>|?:~$=',
];

const SIMPLE: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  '"': '"',
  '/': '/',
};

/** A string's text with its backslash sequences decoded; an unknown one stays as it is. */
export function awkString(text: string): string {
  return text.replace(/\\(?:([0-7]{1,3})|x([0-9a-fA-F]{1,2})|(\n)|(.))/g, (all, octal, hex, newline, char) => {
    if (octal) return String.fromCharCode(Number.parseInt(octal, 8) & 0xff);
    if (hex) return String.fromCharCode(Number.parseInt(hex, 16));
    return newline ? '' : (SIMPLE[char] ?? all);
  });
}

/** Splits an awk program into tokens. Throws {@link AwkError}. */
export function awkTokens(source: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  let line = 1;
  let spaced = false;
  const push = (kind: Token['kind'], value: string, length: number) => {
    tokens.push({ kind, value, line, spaced });
    spaced = false;
    at += length;
  };
  while (at < source.length) {
    const rest = source.slice(at);
    const char = rest[0]!;
    const skipped = /^(?:[ \t\r]+|\\\r?\n|#[^\n]*)/.exec(rest)?.[0];
    if (skipped !== undefined) {
      if (skipped.startsWith('\\')) line++;
      spaced = true;
      at += skipped.length;
      continue;
    }
    if (char === '\n') {
      push('newline', '\n', 1);
      line++;
      continue;
    }
    const number = /^(?:0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)/.exec(rest)?.[0];
    const name = /^[A-Za-z_]\w*/.exec(rest)?.[0];
    if (number !== undefined) push('number', number, number.length);
    else if (name !== undefined) push(kindOf(name, rest[name.length]), name, name.length);
    else if (char === '"') {
      const text = /^"((?:[^"\\\n]|\\[\s\S])*)"/.exec(rest);
      if (!text) throw new AwkError(`line ${line}: unterminated string`);
      push('string', awkString(text[1]!), text[0].length);
    } else if (char === '/' && !endsOperand(tokens.at(-1))) {
      const text = /^\/((?:[^/\\[\n]|\\.|\[\^?\]?(?:[^\]\n\\]|\\.)*\])*)\//.exec(rest);
      if (!text) throw new AwkError(`line ${line}: unterminated regular expression`);
      push('regex', text[1]!, text[0].length);
    } else {
      const operator = OPERATORS.find((each) => rest.startsWith(each));
      if (operator === undefined) throw new AwkError(`line ${line}: unexpected character '${char}'`);
      push('op', operator, operator.length);
    }
  }
  push('newline', '\n', 0);
  push('end', '', 0);
  return tokens;
}

function kindOf(name: string, next: string | undefined): Token['kind'] {
  if (KEYWORDS.has(name)) return 'keyword';
  if (AWK_BUILTINS.has(name)) return 'builtin';
  return next === '(' ? 'call' : 'name';
}

/** Whether a `/` behind a token divides. */
function endsOperand(token: Token | undefined): boolean {
  if (!token) return false;
  if (['number', 'string', 'name', 'builtin', 'regex'].includes(token.kind)) return true;
  return token.kind === 'op' && [')', ']', '$', '++', '--'].includes(token.value);
}
