import { ProbeEvent } from '../dynevent/index.ts';
import { DefinitionCompleter } from './complete-definition.ts';
import { noCompletion } from './completion.ts';
import { Hints } from './hints.ts';
import type { TopKey } from './top-keys.ts';
import type { Line } from './top-lines.ts';
import { stackHeight } from './top-panels.ts';
import type { Complete } from './top-prompt.ts';
import { planTop, topScreen } from './top-screen.ts';
import type { TopRefusal, TopSession } from './top-session.ts';
import { answered, initialTop, type TopEffect, type TopState, topKey } from './top-state.ts';

/** Joins what keys ask for to the session, and time to the simulated clock. Knows nothing of terminals. */
export class TopController {
  readonly #session: TopSession;
  readonly #completer: DefinitionCompleter;
  readonly #hints: Hints;
  #state: TopState;
  #quit = false;

  constructor(session: TopSession, options: { speed: number; loop: boolean }) {
    const { profile, machine } = session.kernel;
    this.#session = session;
    this.#completer = new DefinitionCompleter(profile);
    this.#hints = new Hints(profile, machine.arch);
    this.#state = initialTop({ ...options, snapshot: session.snapshot() });
  }

  get state(): TopState {
    return this.#state;
  }

  /** Whether the user is through. */
  get quit(): boolean {
    return this.#quit;
  }

  /** So many milliseconds have passed outside. Tells whether anything has changed. */
  tick(ms: number): boolean {
    if (this.#state.paused) return false;
    if (this.#session.done) {
      if (!this.#state.loop) return false;
      this.#session.restart();
    }
    this.#session.advance(ms * 1e6 * this.#state.speed);
    return true;
  }

  /** A key was pressed, on a screen of so many rows. */
  key(key: TopKey, rows: number): void {
    const snapshot = this.#session.snapshot();
    const stackRows = stackHeight(this.#session.stack(this.#state.pid)?.task.frames ?? []);
    const { records, stack } = planTop(rows, this.#state, snapshot, stackRows, 1);
    const page = Math.max(1, (this.#state.panel === 'records' ? records : stack) - 2);
    const context = { snapshot, complete: this.#complete, page, stackRows };
    const { state, effects } = topKey(this.#state, key, context);
    this.#state = state;
    for (const effect of effects) this.#do(effect);
  }

  /** The screen as it is now. */
  screen(columns: number, rows: number): Line[] {
    const session = this.#session;
    return topScreen(
      {
        state: this.#state,
        snapshot: session.snapshot(),
        names: session.names,
        lines: (...how) => session.lines(...how),
        stack: (pid) => session.stack(pid),
      },
      columns,
      rows,
    );
  }

  readonly #complete: Complete = (kind, text) => {
    if (kind === 'add') {
      const events = this.#session.snapshot().probes.map(({ path }) => path);
      return this.#completer.complete(text, events);
    }
    return kind === 'filter' ? this.#completeField(text) : noCompletion(text);
  };

  /** Fields of the chosen event. */
  #completeField(text: string): ReturnType<Complete> {
    const [system = '', name = ''] = (this.#state.chosen ?? '').split('/');
    const fields = this.#session.kernel.tracing.events.find(system, name)?.fields ?? [];
    const from = text.length - /\w*$/.exec(text)![0].length;
    const before = text.slice(0, from).trimEnd();
    if (before !== '' && !/(&&|\|\||\(|!)$/.test(before)) return noCompletion(text);
    const found = fields.filter((field) => field.name.startsWith(text.slice(from)));
    return { from, candidates: found.map((field) => ({ text: field.name, note: field.type })) };
  }

  #do(effect: TopEffect): void {
    const session = this.#session;
    switch (effect.do) {
      case 'quit':
        this.#quit = true;
        return;
      case 'step':
        if (session.done && this.#state.loop) session.restart();
        session.step();
        return;
      case 'restart':
        session.restart();
        return;
      case 'enable':
        session.enable(effect.path, effect.on);
        return;
      case 'remove':
        this.#state = answered(this.#state, session.remove(effect.path));
        return;
      case 'filter': {
        const refusal = session.filter(effect.path, effect.text);
        this.#state = answered(this.#state, refusal && this.#explained(refusal));
        return;
      }
      case 'define': {
        const before = new Set(session.snapshot().probes.map(({ path }) => path));
        const refusal = session.define(effect.text);
        const added = session.snapshot().probes.find(({ path }) => !before.has(path));
        this.#state = answered(this.#state, refusal && this.#explained(refusal, effect.text), added?.path);
        if (refusal === undefined) this.#state = { ...this.#state, message: this.#doubt(effect.text) };
      }
    }
  }

  /** A refusal with what would be right; the text is a definition's. */
  #explained(refusal: TopRefusal, text?: string): TopRefusal {
    const { error, ret } = refusal;
    if (error !== undefined) return { ...refusal, hint: this.#hints.for(error) };
    if (text === undefined) return refusal;
    return {
      ...refusal,
      hint: this.#hints.silent(
        text,
        ret,
        this.#probes().map(({ definition }) => definition),
      ),
    };
  }

  /** What may not be meant in the definition that was taken last. */
  #doubt(text: string): string {
    const definition = /^\s*[ft]/.test(text) ? this.#probes().at(-1)?.definition : undefined;
    const words = text.trim().split(/\s+/);
    return definition === undefined ? '' : (this.#hints.accepted({ definition, words })[0] ?? '');
  }

  #probes(): ProbeEvent[] {
    return [...this.#session.kernel.dynamicEvents].filter((event) => event instanceof ProbeEvent);
  }
}
