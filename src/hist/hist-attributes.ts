import { Errno } from '../abi/errno.ts';
import { strip } from '../trace/ctype.ts';
import { kstrtoull } from '../trace/kstrtox.ts';
import type { TraceArray } from '../trace/trace-array.ts';
import type { HistLog } from './hist-errors.ts';
import { MapLimit } from './tracing-map.ts';
import { lastBit } from './u64.ts';

/** Most actions of one histogram. */
const ACTIONS_MAX = 8;

/** The words of a `hist` command (`struct hist_trigger_attrs`). */
export interface HistAttributes {
  keys: string;
  vals: string | undefined;
  sort: string | undefined;
  /** `name=NAME` */
  name: string | undefined;
  clock: string;
  pause: boolean;
  cont: boolean;
  clear: boolean;
  noHitcount: boolean;
  /** Elements of the map as a power of two. */
  mapBits: number;
  /** `NAME=EXPRESSION[,…]`, which define variables. */
  assignments: string[];
  /** `onmatch(…)…`, `onmax(…)…`, `onchange(…)…` */
  actions: string[];
}

/** The same while the words are being read. */
type ParsedWords = Omit<HistAttributes, 'clock'> & { clock: string | undefined };

const FLAG_WORDS: Readonly<Record<string, 'noHitcount' | 'pause' | 'cont' | 'clear'>> = {
  nohitcount: 'noHitcount',
  NOHC: 'noHitcount',
  pause: 'pause',
  cont: 'cont',
  continue: 'cont',
  clear: 'clear',
};

const ACTION = /^(onmatch|onmax|onchange)\(/;

function parseSize(text: string): number {
  const size = kstrtoull(text, 0);
  if (size.errno !== undefined) return size.errno;
  const below = BigInt.asUintN(64, size.value - 1n);
  const bits = lastBit(Number(below & 0xffffffffn), Number(below >> 32n));
  return bits < MapLimit.MIN_BITS || bits > MapLimit.MAX_BITS ? -Errno.EINVAL : bits;
}

/** Takes `WORD=VALUE`; words that are not known define variables (`parse_assignment()`). Returns 0 or a negative errno. */
function takeAssignment(word: string, attributes: ParsedWords, array: TraceArray, log: HistLog): number {
  const value = word.slice(word.indexOf('=') + 1);
  switch (word.slice(0, -value.length)) {
    case 'key=':
    case 'keys=':
      attributes.keys = value;
      return 0;
    case 'val=':
    case 'vals=':
    case 'values=':
      attributes.vals = value;
      return 0;
    case 'sort=':
      attributes.sort = value;
      return 0;
    case 'name=':
      attributes.name = word;
      return 0;
    case 'clock=':
      attributes.clock = strip(value);
      return 0;
    case 'size=': {
      const bits = parseSize(value);
      if (bits < 0) return bits;
      attributes.mapBits = bits;
      return 0;
    }
  }
  if (attributes.assignments.length === MapLimit.VARS) {
    log.add(array, 'TOO_MANY_VARS', word);
    return -Errno.EINVAL;
  }
  attributes.assignments.push(word);
  return 0;
}

/**
 * Takes a `hist` command apart at its colons (`parse_hist_trigger_attrs()`).
 * @returns its words, or a negative errno
 */
export function parseAttributes(text: string, array: TraceArray, log: HistLog): HistAttributes | number {
  const attributes: ParsedWords = {
    keys: '',
    vals: undefined,
    sort: undefined,
    name: undefined,
    clock: undefined,
    pause: false,
    cont: false,
    clear: false,
    noHitcount: false,
    mapBits: MapLimit.BITS,
    assignments: [],
    actions: [],
  };
  for (const word of text.split(':')) {
    if (word.includes('=')) {
      if (word.indexOf('=') === word.length - 1) {
        log.add(array, 'EMPTY_ASSIGNMENT', word);
        return -Errno.EINVAL;
      }
      const ret = takeAssignment(word, attributes, array, log);
      if (ret < 0) return ret;
    } else if (Object.hasOwn(FLAG_WORDS, word)) attributes[FLAG_WORDS[word]!] = true;
    else if (ACTION.test(word) && attributes.actions.length < ACTIONS_MAX) attributes.actions.push(word);
    else return -Errno.EINVAL;
  }
  if (attributes.keys === '') return -Errno.EINVAL;
  return { ...attributes, clock: attributes.clock ?? 'global' };
}
