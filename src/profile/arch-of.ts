import { type ArchName, longSizeOf } from '../abi/arch-names.ts';
import type { SymbolTable } from './symbol-table.ts';

/** Symbols that kernels of one arch have and no others; patterns where no single name is sure. */
const MARKS: readonly (readonly [arch: ArchName, patterns: readonly string[]])[] = [
  ['x86_64', ['entry_SYSCALL_64', '__x64_sys_read', 'x64_sys_call']],
  ['i386', ['entry_INT80_32', 'entry_SYSENTER_32']],
  ['arm64', ['__arm64_sys_read', 'el0t_64_sync_handler', 'el0_sync', 'el0_svc']],
  ['riscv64', ['__riscv_sys_read', 'riscv_hart_ids', 'riscv_intc_irq', 'riscv_fill_hwcap']],
  ['loongarch', ['loongarch_bp_slot*', 'loongson_*', 'loongarch_*']],
  ['s390', ['__s390x_sys_read', '__s390_*', 's390_*', 'cpum_cf_*']],
  ['powerpc64', ['system_call_exception', 'ppc64_*', 'ppc_md', 'rtas_*']],
  ['arm', ['vector_swi', 'ret_fast_syscall', 'armv7_*', 'arm_dma_*']],
];

/** Compilers that /proc/version names. */
const COMPILERS: readonly (readonly [RegExp, ArchName])[] = [
  [/x86_64-[\w-]*-?(gcc|clang)/, 'x86_64'],
  [/aarch64-[\w-]*-?(gcc|clang)/, 'arm64'],
  [/riscv64-[\w-]*-?(gcc|clang)/, 'riscv64'],
  [/loongarch64-[\w-]*-?(gcc|clang)/, 'loongarch'],
  [/s390x-[\w-]*-?(gcc|clang)/, 's390'],
  [/powerpc64(le)?-[\w-]*-?(gcc|clang)/, 'powerpc64'],
  [/i[3-6]86-[\w-]*-?(gcc|clang)/, 'i386'],
  [/arm-[\w-]*-?(gcc|clang)/, 'arm'],
];

/**
 * The arch of a kernel by its symbols, or else by the compiler that its version names; `undefined` when neither tells.
 * @param is32 whether addresses are of 32 bits
 */
export function archOf(symbols: SymbolTable, banner: string, is32: boolean): ArchName | undefined {
  const compiler = COMPILERS.find(([pattern]) => pattern.test(banner))?.[1];
  if (compiler !== undefined && (longSizeOf(compiler) === 4) === is32) return compiler;
  for (const [arch, patterns] of MARKS) {
    if ((longSizeOf(arch) === 4) !== is32) continue;
    for (const pattern of patterns) if (!symbols.match(pattern).next().done) return arch;
  }
  return undefined;
}
