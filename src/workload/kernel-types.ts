import type { Btf } from '../btf/btf.ts';
import type { BtfType } from '../btf/types.ts';

/** One parameter as the object model sees it. */
export interface ParamType {
  readonly name: string;
  /** Type id. */
  readonly type: number;
  /** Name of the struct or union that it points to; undefined for anything else. */
  readonly points: string | undefined;
}

/** A function's prototype as the converter needs it. */
interface FunctionType {
  readonly params: readonly ParamType[];
  /** Type id of the result, 0 for void. */
  readonly returns: number;
  /** Name of the struct or union that the result points to. */
  readonly returnsPointerTo: string | undefined;
}

/** Questions about the kernel's types, answered from BTF and kept. */
export class KernelTypes {
  readonly btf: Btf;
  readonly #functions = new Map<string, FunctionType | undefined>();
  readonly #structs = new Map<string, number | undefined>();

  constructor(btf: Btf) {
    this.btf = btf;
  }

  /** Prototype of a function; undefined where BTF has none (parts and clones that the compiler made). */
  functionType(name: string): FunctionType | undefined {
    if (!this.#functions.has(name)) this.#functions.set(name, this.#read(this.btf.funcProto(name)));
    return this.#functions.get(name);
  }

  /** Prototype of a tracepoint's probes without the data pointer (`btf_trace_NAME`). */
  tracepointType(name: string): FunctionType | undefined {
    const key = `btf_trace_${name}`;
    if (!this.#functions.has(key)) {
      const typedef = this.btf.findByName(key, 'typedef');
      const pointer = typedef === undefined ? undefined : this.btf.skipModifiers(typedef)?.type;
      const proto = pointer?.kind === 'ptr' ? this.btf.skipModifiers(pointer.type)?.type : undefined;
      const named = this.btf.funcProto(`__traceiter_${name}`)?.params ?? [];
      const read =
        proto?.kind === 'func_proto'
          ? {
              returnType: 0,
              params: proto.params
                .slice(1)
                .map((param, i) => ({ type: param.type, name: param.name || (named[i + 1]?.name ?? '') })),
            }
          : undefined;
      this.#functions.set(key, this.#read(read));
    }
    return this.#functions.get(key);
  }

  /** Type id of a struct or union by name. */
  struct(name: string): number | undefined {
    if (!this.#structs.has(name))
      this.#structs.set(name, this.btf.findByName(name, 'struct') ?? this.btf.findByName(name, 'union'));
    return this.#structs.get(name);
  }

  /** Byte offset of a member path in a struct named by name; undefined when there is none. */
  offset(struct: string, path: string): number | undefined {
    const id = this.struct(struct);
    const place = id === undefined ? undefined : this.btf.memberPath(id, path);
    return place === undefined ? undefined : place.bitOffset / 8;
  }

  /** The type behind modifiers. */
  resolve(id: number): BtfType | undefined {
    return id === 0 ? { kind: 'void', name: '' } : this.btf.skipModifiers(id)?.type;
  }

  /** Name of the struct or union that a pointer type points to. */
  pointee(id: number): string | undefined {
    const type = this.resolve(id);
    const target = type?.kind === 'ptr' ? this.resolve(type.type) : undefined;
    return target?.kind === 'struct' || target?.kind === 'union' ? target.name : undefined;
  }

  /** Whether a type is a typedef of this name, seen through qualifiers. */
  isTypedef(id: number, name: string): boolean {
    for (let at = id, i = 0; i < 16; i++) {
      const type = this.btf.type(at);
      if (type === undefined) return false;
      if (type.kind === 'typedef' && type.name === name) return true;
      if (type.kind !== 'typedef' && type.kind !== 'const' && type.kind !== 'volatile' && type.kind !== 'type_tag')
        return false;
      at = type.type;
    }
    return false;
  }

  #read(
    proto: { returnType: number; params: readonly { name: string; type: number }[] } | undefined,
  ): FunctionType | undefined {
    if (proto === undefined) return undefined;
    return {
      params: proto.params.map(({ name, type }) => ({ name, type, points: this.pointee(type) })),
      returns: proto.returnType,
      returnsPointerTo: this.pointee(proto.returnType),
    };
  }
}
