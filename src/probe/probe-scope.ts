import type { Btf, BtfParam } from '../btf/index.ts';

/** What the parser asks of the kernel's types. */
export type ProbeTypes = Pick<
  Btf,
  'typeCount' | 'type' | 'findByName' | 'funcProto' | 'skipModifiers' | 'findMember' | 'memberPath'
>;

/** Where a probe sits. */
interface ProbePlace {
  /** Whether it hits when the function returns. */
  readonly isReturn: boolean;
  /** Whether it is a tracepoint's stub, whose first parameter users do not see. */
  readonly isTracepoint: boolean;
  /** Function whose prototype names the arguments. */
  readonly functionName: string;
}

/** What users can name of a function. */
interface Prototype {
  /** Type id, 0 for void. */
  readonly returnType: number;
  readonly params: readonly BtfParam[];
  /** The tracepoint stub's first parameter. */
  readonly hidden: BtfParam | undefined;
}

/** What the arguments of one definition share while they are parsed (`struct traceprobe_parse_context`). */
export class ProbeScope {
  readonly place: ProbePlace;
  readonly types: ProbeTypes;
  /** Arguments of the function (0-based) that the entry handler keeps for the return, one word each. */
  readonly entryArguments: number[] = [];
  #prototype: Prototype | undefined;

  constructor(place: ProbePlace, types: ProbeTypes) {
    this.place = place;
    this.types = types;
  }

  /** Whether the kernel has types at all, as one built with CONFIG_PROBE_EVENTS_BTF_ARGS does. */
  get hasTypes(): boolean {
    return this.types.typeCount > 1;
  }

  /** Whether the prototype was asked for and found. */
  get hasPrototype(): boolean {
    return this.#prototype !== undefined;
  }

  /** The function's prototype; `undefined` when the types do not know the function. */
  prototype(): Prototype | undefined {
    if (this.#prototype === undefined) {
      const found = this.types.funcProto(this.place.functionName);
      if (found === undefined) return undefined;
      const hides = this.place.isTracepoint && found.params.length > 0;
      this.#prototype = {
        returnType: found.returnType,
        params: hides ? found.params.slice(1) : found.params,
        hidden: hides ? found.params[0] : undefined,
      };
    }
    return this.#prototype;
  }

  /** Place in the entry data, in bytes, of an argument of the function (0-based): the same for every use of it. */
  entryDataOffset(index: number): number {
    const known = this.entryArguments.indexOf(index);
    return 8 * (known < 0 ? this.entryArguments.push(index) - 1 : known);
  }
}
