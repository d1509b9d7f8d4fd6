import { Errno } from '../abi/errno.ts';
import type { GraphFilter } from '../fgraph/index.ts';
import { type Ftrace, FtraceHash } from '../ftrace/index.ts';
import { UserParser } from '../trace/user-parser.ts';
import { FTRACE_BUFF_MAX } from './filter-file.ts';
import { functionText, matchFunctions, namePattern } from './match-functions.ts';

/** Which of the two files. */
export type GraphList = 'functions' | 'notrace';

/** What `set_graph_function`, `set_graph_notrace` and `max_graph_depth` hold; all trace arrays go by it. */
export class GraphFunctions {
  readonly filter: GraphFilter;
  readonly ftrace: Ftrace;
  readonly hashes: Record<GraphList, FtraceHash>;

  constructor(ftrace: Ftrace, filter: GraphFilter) {
    this.ftrace = ftrace;
    this.filter = filter;
    const { functions } = ftrace.machine;
    this.hashes = { functions: new FtraceHash(functions, 0), notrace: new FtraceHash(functions, 0) };
  }

  /** Puts a hash in place. */
  move(list: GraphList, hash: FtraceHash): void {
    this.hashes[list] = hash.moved();
    this.filter[list] = this.hashes[list].members;
  }
}

/** How the file is opened. */
interface GraphHow {
  readonly write?: boolean | undefined;
  readonly truncate?: boolean | undefined;
}

/**
 * An open `set_graph_function` or `set_graph_notrace`. What is written takes effect when it is closed; until then it is not read either
 * (`kernel/trace/ftrace.c:__ftrace_graph_open()`).
 */
export class GraphFile {
  readonly #graph: GraphFunctions;
  readonly #list: GraphList;
  readonly #parser = new UserParser(FTRACE_BUFF_MAX);
  readonly #copy: FtraceHash | undefined;

  constructor(graph: GraphFunctions, list: GraphList, how: GraphHow) {
    this.#graph = graph;
    this.#list = list;
    if (!how.write) return;
    this.#copy = how.truncate ? new FtraceHash(graph.ftrace.machine.functions) : graph.hashes[list].copy();
  }

  /** What it lists, in hash order. */
  lines(): string[] {
    const hash = this.#graph.hashes[this.#list];
    if (hash.members.isEmpty)
      return [this.#list === 'notrace' ? '#### no functions disabled ####\n' : '#### all functions enabled ####\n'];
    return Array.from(hash, (fn) => `${functionText(this.#graph.ftrace.machine, fn)}\n`);
  }

  /** Takes one word, or a part of it. Returns bytes taken, or a negative errno. */
  write(data: string): number {
    if (data === '') return 0;
    const parser = this.#parser;
    const taken = parser.take(data);
    if (taken < 0 || !parser.isComplete) return taken;
    const { word } = parser;
    parser.clear();
    return this.#process(word) || taken;
  }

  /** The file's position has changed. */
  seek(position: number): void {
    this.#parser.seek(position);
  }

  /** Ends the last word and puts the functions in place. */
  close(): void {
    if (!this.#copy) return;
    if (this.#parser.word !== '') this.#process(this.#parser.word);
    this.#graph.move(this.#list, this.#copy);
  }

  /** −EINVAL when there is nothing to add, or nothing of it to take out; a number means no function (`ftrace_graph_set_hash()`). */
  #process(word: string): number {
    const copy = this.#copy;
    if (!copy || namePattern(word).isIndex) return -Errno.EINVAL;
    const { fns, not } = matchFunctions(this.#graph.ftrace, word);
    const changes = fns.filter((fn) => (not ? copy.delete(fn) : copy.add(fn)));
    return (not ? changes : fns).length > 0 ? 0 : -Errno.EINVAL;
  }
}
