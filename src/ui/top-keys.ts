/** A key, or text that was typed or pasted. */
export type TopKey =
  | { readonly text: string }
  | {
      readonly name:
        | 'up'
        | 'down'
        | 'left'
        | 'right'
        | 'pageup'
        | 'pagedown'
        | 'home'
        | 'end'
        | 'enter'
        | 'escape'
        | 'tab'
        | 'backspace'
        | 'delete'
        | 'kill'
        | 'interrupt';
    };

/** What the keys do, for the help and the last line; the first of each is what the line shows. */
export const KEY_HELP: readonly (readonly [keys: string, does: string, short?: string])[] = [
  ['↑ ↓', 'choose a probe'],
  ['a', 'add a probe: tab completes symbols, arguments, fields and types', 'add'],
  ['e', 'enable or disable the chosen probe', 'enable'],
  ['d', 'remove the chosen probe', 'delete'],
  ['f', 'set the filter of the chosen probe, as its filter file takes it', 'filter'],
  ['/', 'show only records with a text, or with /a pattern/', 'find'],
  ['tab', 'go from the records to the shadow stack and back', 'stack'],
  ['← →', 'choose the task whose shadow stack is shown'],
  ['PgUp PgDn', 'go through the records or the stack; End goes to the newest'],
  ['space', 'pause, go on', 'pause'],
  ['+ -', 'let time pass faster, slower', 'speed'],
  ['.', 'go to the next record and pause', 'step'],
  ['r', 'run the workload from its start', 'rerun'],
  ['l', 'run it again and again, or once', 'loop'],
  ['?', 'this help', 'help'],
  ['q', 'quit', 'quit'],
];
