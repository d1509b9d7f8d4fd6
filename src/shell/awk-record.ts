import { outside, splitText, toNumber, toText, type Value } from './awk-values.ts';

/** The present record: its text and its fields, each made from the other when it is wanted. */
export class AwkRecord {
  readonly #separators: () => { readonly FS: string; readonly OFS: string; readonly RS: string };
  #text: string | undefined = '';
  #fields: Value[] | undefined = [];

  constructor(separators: () => { readonly FS: string; readonly OFS: string; readonly RS: string }) {
    this.#separators = separators;
  }

  set text(text: string) {
    this.#text = text;
    this.#fields = undefined;
  }

  get text(): string {
    this.#text ??= this.#fields!.map((field) => toText(field)).join(this.#separators().OFS);
    return this.#text;
  }

  /** `NF` */
  get count(): number {
    return this.fields.length;
  }

  set count(count: number) {
    const { fields } = this;
    while (fields.length < count) fields.push('');
    fields.length = Math.max(0, Math.trunc(count));
    this.#text = undefined;
  }

  /** Fields from 1 on. */
  get fields(): Value[] {
    if (!this.#fields) {
      const { FS, RS } = this.#separators();
      const text = this.#text!;
      const byLine = RS === '' && FS !== ' ' ? `${FS.length === 1 ? `[${FS}]` : FS}|\n` : FS;
      this.#fields = splitText(text, byLine).map(outside);
    }
    return this.#fields;
  }

  get(number: Value): Value {
    const at = Math.trunc(toNumber(number));
    return at === 0 ? outside(this.text) : this.fields[at - 1];
  }

  set(number: Value, value: Value): void {
    const at = Math.trunc(toNumber(number));
    if (at === 0) {
      this.text = toText(value);
      return;
    }
    if (at > this.count) this.count = at;
    this.fields[at - 1] = value;
    this.#text = undefined;
  }
}
