import type { ArchName } from '../abi/arch-names.ts';

/** Bytes of one part of what a kernel tells of itself, and where they are from, as messages name it. */
export interface SourcePart {
  readonly from: string;
  readonly bytes: Uint8Array;
}

/** What a profile is built from. Only the symbols must be there. */
export interface KernelSources {
  /** /proc/kallsyms, or a System.map. */
  readonly kallsyms: SourcePart;
  /** `available_filter_functions_addrs`, or `available_filter_functions`, which has no addresses. */
  readonly functions?: SourcePart | undefined;
  /** Addresses of all entry sites, where they are known without names. */
  readonly entrySites?: { readonly from: string; readonly ips: readonly bigint[] } | undefined;
  /** /sys/kernel/btf/vmlinux. */
  readonly btf?: SourcePart | undefined;
  /** /sys/kernel/btf/MODULE of each module. */
  readonly moduleBtfs?: readonly SourcePart[] | undefined;
  /** All `format` files, each after a line `== events/SYSTEM/NAME/format`. */
  readonly formats?: SourcePart | undefined;
  /** `available_events`. */
  readonly events?: SourcePart | undefined;
  /** /proc/version. */
  readonly version?: SourcePart | undefined;
  /** Text files of a fresh tracefs, by name. */
  readonly texts?: ReadonlyMap<string, Uint8Array> | undefined;
  /** Folder of recordings. */
  readonly recordings?: string | undefined;
  /** The arch, where the source says it. */
  readonly arch?: ArchName | undefined;
  /** What to tell of the source, a sentence each. */
  readonly warnings: readonly string[];
}

/** Text files that a profile keeps as they are. */
export const TEXT_FILES = ['initial-files.txt', 'options.txt', 'listing.txt', 'fprobe-event.txt', 'instance.txt'];
