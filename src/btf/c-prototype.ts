import type { Btf } from './btf.ts';

/** A function as a line of C declares it, with BTF type ids. */
interface DeclaredFunction {
  readonly name: string;
  /** Type id, 0 for void. */
  readonly returnType: number;
  readonly params: readonly { readonly name: string; readonly type: number }[];
}

/** What compilers call integer types that C allows to be written shorter. */
const INTEGERS: Readonly<Record<string, string>> = {
  bool: '_Bool',
  short: 'short int',
  'unsigned short': 'short unsigned int',
  unsigned: 'unsigned int',
  long: 'long int',
  'unsigned long': 'long unsigned int',
  'long long': 'long long int',
  'unsigned long long': 'long long unsigned int',
};

const TAGGED = ['struct', 'union', 'enum'] as const;

/** Reads types by their C names. */
class TypeReader {
  readonly #btf: Btf;

  constructor(btf: Btf) {
    this.#btf = btf;
  }

  /** Id of a type written as words and stars: `struct file *`, `const char *`, `unsigned long`. */
  read(words: readonly string[]): number | undefined {
    const stars = words.filter((word) => word === '*').length;
    const isConst = words[0] === 'const';
    const name = words.filter((word) => word !== '*' && word !== 'const').join(' ');
    let type = this.#base(name);
    if (type !== undefined && isConst) type = this.#btf.findDerived('const', type) ?? type;
    for (let i = 0; i < stars && type !== undefined; i++) type = this.#btf.findDerived('ptr', type);
    return type;
  }

  #base(name: string): number | undefined {
    if (name === 'void') return 0;
    const [tag, rest] = name.split(' ', 2);
    const kind = TAGGED.find((each) => each === tag);
    if (kind !== undefined) return this.#btf.findByName(rest ?? '', kind);
    return this.#btf.findByName(name, 'typedef') ?? this.#btf.findByName(INTEGERS[name] ?? name, 'int');
  }
}

/**
 * Reads a declaration such as `ssize_t my_read(struct file *file, const char *buf, size_t count)` with the types of a kernel.
 * @returns the function, or what is wrong with it
 */
export function readPrototype(btf: Btf, text: string): DeclaredFunction | { readonly error: string } {
  const parts = /^\s*([\w\s*]+?)\b(\w+)\s*\(([^()]*)\)\s*;?\s*$/.exec(text);
  if (!parts) return { error: `not a declaration of a function: ${text}` };
  const reader = new TypeReader(btf);
  const [, result, name, list] = parts as unknown as [string, string, string, string];
  const tokens = (of: string) => of.match(/\w+|\*/g) ?? [];
  const returnType = reader.read(tokens(result));
  if (returnType === undefined) return { error: `no type ${result.trim()}` };
  const params: { name: string; type: number }[] = [];
  for (const each of list.trim() === '' || list.trim() === 'void' ? [] : list.split(',')) {
    const words = tokens(each);
    const param = words.pop() ?? '';
    if (words.length === 0 || param === '*') return { error: `a parameter needs a type and a name: ${each.trim()}` };
    const type = reader.read(words);
    if (type === undefined || type === 0) return { error: `no type ${words.join(' ')}` };
    params.push({ name: param, type });
  }
  return { name, returnType, params };
}
