import type { Script, ScriptCall, ScriptStep, ScriptTask, StepFlags } from './script.ts';
import { QUIET } from './script-calls.ts';

/** For tests: a task with what matters left out. */
export function testTask(init: Partial<ScriptTask> = {}): ScriptTask {
  return {
    pid: 100,
    comm: 'main',
    kind: 'program',
    parent: -1,
    leader: 0,
    sharesMemory: false,
    address: 0xffff888007148000n,
    stackTop: 0xffffc9000063c000n,
    fromStart: true,
    ...init,
  };
}

/** For tests: builds a script call by call. Each step is a microsecond after the one before. */
export class TestScript {
  readonly script: Script;
  #task = 0;
  readonly #stacks: ScriptCall[][] = [];

  constructor(tasks: ScriptTask[] = [testTask()]) {
    this.script = { name: 'test', tasks, steps: [], openCalls: [], facts: [] };
  }

  enter(
    fn: number,
    init: Partial<Pick<ScriptCall, 'args' | 'site' | 'tail' | 'result' | 'pids'>> & { flags?: Partial<StepFlags> } = {},
  ): ScriptCall {
    const args = init.args ?? [];
    const call: ScriptCall = {
      fn,
      name: `fn${fn}`,
      args,
      argNames: args.map((_, n) => `arg${n}`),
      site: init.site ?? 0xffffffff81000100n + BigInt(fn),
      tail: init.tail ?? false,
      result: init.result,
      pids: init.pids ?? 0,
      flags: { ...QUIET, ...init.flags },
      parent: this.#stack().at(-1),
      enterAt: this.script.steps.length,
      leaveAt: -1,
    };
    this.#stack().push(call);
    this.#push({ op: 'enter', call });
    return call;
  }

  leave(): this {
    const call = this.#stack().pop()!;
    call.leaveAt = this.script.steps.length;
    this.#push({ op: 'leave', call });
    return this;
  }

  /** A call that returns at once. */
  leaf(...call: Parameters<TestScript['enter']>): this {
    this.enter(...call);
    return this.leave();
  }

  point(name: string, args: bigint[], init: { callSite?: boolean; pids?: number } = {}): this {
    const inside = this.#stack().at(-1);
    this.#push({
      op: 'point',
      name,
      args,
      text: '',
      pids: init.pids ?? 0,
      flags: QUIET,
      callSite: init.callSite === true ? inside : undefined,
      inside,
    });
    return this;
  }

  switch(to: number, dead = false): this {
    this.#push({ op: 'switch', to, dead });
    this.#task = to;
    return this;
  }

  fork(child: number): this {
    this.#push({ op: 'fork', child });
    return this;
  }

  exec(comm: string): this {
    this.#push({ op: 'exec', comm });
    return this;
  }

  /** Memory holds bytes from the next step on; in the current task's user memory with `user`. */
  fact(address: bigint, bytes: Uint8Array, init: { user?: boolean; pid?: boolean } = {}): this {
    const space = init.user === true ? this.#task : -1;
    this.script.facts.push({ at: this.script.steps.length, space, address, bytes, pid: init.pid ?? false });
    return this;
  }

  #stack(): ScriptCall[] {
    this.#stacks[this.#task] ??= [];
    return this.#stacks[this.#task];
  }

  #push(step: DistributiveOmit<ScriptStep, 'time' | 'task'>): void {
    this.script.steps.push({ ...step, time: this.script.steps.length * 1000, task: this.#task } as ScriptStep);
  }
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
