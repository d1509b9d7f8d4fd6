import type { CommandNode } from 'just-bash';
import { testBuiltin } from './builtin-test.ts';
import { matchesAny } from './expand.ts';
import type { Shell } from './shell.ts';

type Condition = Extract<CommandNode, { type: 'ConditionalCommand' }>['expression'];

/** Whether the expression of a `[[ ]]` holds. */
export async function isTrue(shell: Shell, node: Condition): Promise<boolean> {
  switch (node.type) {
    case 'CondAnd':
      return (await isTrue(shell, node.left)) && (await isTrue(shell, node.right));
    case 'CondOr':
      return (await isTrue(shell, node.left)) || (await isTrue(shell, node.right));
    case 'CondNot':
      return !(await isTrue(shell, node.operand));
    case 'CondGroup':
      return isTrue(shell, node.expression);
    case 'CondWord':
      return (await shell.expander.text(node.word)) !== '';
    case 'CondUnary':
      return testBuiltin(shell, [node.operator, await shell.expander.text(node.operand)], 'test') === 0;
    case 'CondBinary': {
      const left = await shell.expander.text(node.left);
      if (['=', '==', '!='].includes(node.operator))
        return (await matchesAny(shell.expander, [node.right], left)) === (node.operator !== '!=');
      const right = await shell.expander.text(node.right);
      if (node.operator === '=~') return new RegExp(right).test(left);
      return testBuiltin(shell, [left, node.operator, right], 'test') === 0;
    }
  }
}
