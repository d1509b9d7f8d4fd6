import type { ArchName } from '../abi/arch-names.ts';
import type { Btf } from '../btf/btf.ts';
import { type FoundSites, usualOffset } from './build-functions.ts';
import type { ProfileError } from './profile-error.ts';
import type { SymbolLine, SymbolTable } from './symbol-table.ts';

/** Pieces that the compiler cut off, and what the linker, tools and macros put between functions. */
const NO_FUNCTION = /\.cold(?:\.\d+)?$|^(?:__pfx_|__cfi_|__SCT__|__SCK__|__kcfi_|__raw_callee_save_|__ftrace_|\.)/;
/** Made by macros of trace events, without an entry site each. */
const TRACE_GLUE =
  /^(?:trace_event_raw_event_|do_trace_event_raw_event_|perf_trace_|do_perf_trace_|__bpf_trace_|trace_event_get_offsets_|trace_raw_output_)/;
/** What is built without tracing: the tracer itself, and libraries that it uses. */
const UNTRACED =
  /^(?:ftrace_|tracing_|tracer_|trace_array_|trace_pid_|trace_clock_|trace_seq_|trace_print_|trace_probe_|trace_kprobe_|trace_uprobe_|trace_fprobe_|ring_buffer_|rb_|rbm_|event_trigger_|event_filter_|event_hist_|hist_|synth_|eprobe_|dyn_event_|fgraph_|mas_|mt_|xas_|__xa_|xa_|radix_tree_|idr_|kobject_|klist_|__kfifo_|sbitmap_|bitmap_|__bitmap_|sg_|gen_pool_|assoc_array_|paravirt_|__ubsan_|__asan_|__kasan_|__sanitizer_|asm_|xen_hypercall_)/;

/** Sections whose functions have no entry sites, or are gone after boot, by the symbols around them. */
const UNTRACED_SECTIONS: readonly (readonly [start: string, end: string])[] = [
  ['__noinstr_text_start', '__noinstr_text_end'],
  ['__entry_text_start', '__entry_text_end'],
  ['__idmap_text_start', '__idmap_text_end'],
  ['__hyp_text_start', '__hyp_text_end'],
  ['_sinittext', '_einittext'],
  ['__init_begin', '__init_end'],
];

/** Ranges of addresses that are left out. */
function untracedRanges(symbols: SymbolTable): { start: bigint; end: bigint }[] {
  return UNTRACED_SECTIONS.flatMap(([first, last]) => {
    const start = symbols.lookupName(first);
    const end = symbols.lookupName(last);
    return start === undefined || end === undefined ? [] : [{ start, end }];
  });
}

/** Symbols of the text by address; of aliases the first, which names the function. */
function textSymbols(symbols: SymbolTable): Map<bigint, SymbolLine> {
  const start = symbols.lookupName('_stext') ?? symbols.lookupName('_text') ?? 0n;
  const end = symbols.lookupName('_etext') ?? symbols.lookupName('_end');
  const first = new Map<bigint, SymbolLine>();
  for (const line of symbols.lines()) {
    if (!/[tTwW]/.test(line.type) || first.has(line.address)) continue;
    if (line.module === undefined && (line.address < start || (end !== undefined && line.address >= end))) continue;
    if (line.module?.startsWith('__builtin__') || line.module === 'bpf') continue;
    first.set(line.address, line);
  }
  return first;
}

/**
 * Guesses which functions can be traced where no list tells: the symbols of the text, without what is known to have no entry site. Where the
 * compiler pads functions (`__pfx_` symbols) only those with padding count, else where there are types only those with a prototype: the rest is assembly.
 */
export function guessSites(symbols: SymbolTable, btf: Btf, arch: ArchName): FoundSites | ProfileError {
  const ranges = untracedRanges(symbols);
  const offset = usualOffset(symbols, arch);
  const padded = !symbols.match('__pfx_*').next().done;
  const typed = btf.typeCount > 1;
  const count = new Map<string, number>();
  const text = textSymbols(symbols);
  for (const { name } of text.values()) count.set(name, (count.get(name) ?? 0) + 1);
  const sites = new Map<bigint, number>();
  for (const [address, { name, module }] of text) {
    if (NO_FUNCTION.test(name) || TRACE_GLUE.test(name) || UNTRACED.test(name)) continue;
    if (name.includes('.') && count.get(name)! > 1) continue;
    if (ranges.some(({ start, end }) => address >= start && address < end)) continue;
    if (padded ? !symbols.has(`__pfx_${name}`) : typed && module === undefined && !isTyped(btf, name)) continue;
    sites.set(address + BigInt(offset), offset);
  }
  if (sites.size === 0) return { error: 'has no symbol that could be a traceable function' };
  const at = `SYMBOL+0x${offset.toString(16)}`;
  return {
    sites,
    unknown: 0,
    guess: `no list of traceable functions: ${sites.size} are guessed from the symbols (about one in fifteen of them cannot be traced in truth), entry sites at ${at}`,
  };
}

/** Whether the types know a function by this name, or by what it was called before the compiler changed it. */
function isTyped(btf: Btf, name: string): boolean {
  return btf.findByName(name.replace(/\..*$/, ''), 'func') !== undefined;
}
