import type { KernelProfile } from '../profile/index.ts';
import { DefinitionCheck } from './index.ts';

/**
 * Makes one round of the benchmark of `fprobe check`: every definition is parsed, laid out and accepted or refused against the kernel's
 * symbols and types, and taken away again. The caller runs it a few times and measures.
 * @param definitions one command each, one character a byte
 * @returns a function that does a round and answers how many definitions were accepted
 */
export function definitionRound(profile: KernelProfile, definitions: readonly string[]): () => number {
  const check = new DefinitionCheck(profile);
  return () => {
    let accepted = 0;
    for (const definition of definitions) {
      if (check.run(definition).ret < 0) continue;
      accepted++;
      check.clear();
    }
    return accepted;
  };
}
