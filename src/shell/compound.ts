import type { CommandNode } from 'just-bash';
import { isTrue } from './condition.ts';
import { matchesAny } from './expand.ts';
import type { Shell } from './shell.ts';
import { LoopExit } from './shell-errors.ts';

type Compound = Exclude<CommandNode, { type: 'SimpleCommand' | 'FunctionDef' | 'Subshell' }>;

/** Runs a compound command in a shell's process, its redirections done. */
export async function runCompound(shell: Shell, node: Compound): Promise<void> {
  switch (node.type) {
    case 'Group':
      return shell.run(node.body);
    case 'If': {
      for (const { condition, body } of node.clauses) {
        await shell.tolerate(() => shell.run(condition));
        if (shell.status === 0) return shell.run(body);
      }
      shell.status = 0;
      return node.elseBody ? shell.run(node.elseBody) : undefined;
    }
    case 'While':
    case 'Until': {
      let last = 0;
      await shell.loop(async () => {
        await shell.tolerate(() => shell.run(node.condition));
        if ((shell.status === 0) !== (node.type === 'While')) return false;
        await shell.run(node.body);
        last = shell.status;
        return true;
      });
      shell.status = last;
      return;
    }
    case 'For': {
      const values = node.words ? await shell.expander.fields(node.words) : [...shell.args];
      shell.status = 0;
      await shell.loop(async () => {
        const value = values.shift();
        if (value === undefined) return false;
        shell.set(node.variable, value);
        await shell.run(node.body);
        return true;
      });
      return;
    }
    case 'CStyleFor': {
      const value = (part: typeof node.init) => (part ? shell.expander.arithmetic(part.originalText ?? '') : 1n);
      await value(node.init);
      await shell.loop(async () => {
        if ((await value(node.condition)) === 0n) return false;
        await oneRound(() => shell.run(node.body));
        await value(node.update);
        return true;
      });
      return;
    }
    case 'Case': {
      const text = await shell.expander.text(node.word);
      shell.status = 0;
      let falls = false;
      for (const { patterns, body, terminator } of node.items) {
        if (!falls && !(await matchesAny(shell.expander, patterns, text))) continue;
        await shell.run(body);
        if (terminator === ';;') return;
        falls = terminator === ';&';
      }
      return;
    }
    case 'ArithmeticCommand':
      shell.status = (await shell.expander.arithmetic(node.expression.originalText ?? '')) === 0n ? 1 : 0;
      return;
    case 'ConditionalCommand':
      shell.status = (await isTrue(shell, node.expression)) ? 0 : 1;
  }
}

/** The body of a loop that has something to do after `continue`. */
async function oneRound(body: () => Promise<void>): Promise<void> {
  try {
    await body();
  } catch (error) {
    if (!(error instanceof LoopExit) || error.kind === 'break' || error.depth > 1) throw error;
  }
}
