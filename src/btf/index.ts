export { Btf, type BtfOptions, type FoundMember, type FuncProto, type MemberPlace, type ResolvedType } from './btf.ts';
export { readPrototype } from './c-prototype.ts';
export { mergeSplit } from './merge-split.ts';
export type {
  BtfComposite,
  BtfError,
  BtfFuncProto,
  BtfKind,
  BtfMember,
  BtfModifier,
  BtfParam,
  BtfType,
} from './types.ts';
