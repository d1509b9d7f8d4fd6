import { Errno } from '../abi/errno.ts';
import type { OpenFile } from '../tracefs/index.ts';

/** A read that waits for data. */
interface ParkedRead {
  readonly unique: number;
  readonly file: OpenFile;
  readonly size: number;
  readonly wake: () => void;
}

/** A poller that waits for a file. */
interface ParkedPoll {
  readonly kh: number;
  readonly wake: () => void;
}

/** What answers the kernel. */
interface Answers {
  /** Ends a read with text or a negative errno. */
  read(unique: number, result: string | number): void;
  /** Tells that a polled file became ready. */
  ready(kh: number): void;
  /** Told when somebody can go on: `flush()` is due. Left out by those who flush after each request anyway. */
  woken?(): void;
}

/**
 * Reads and polls that wait. The model says in the middle of storing a record that somebody can go on; that is noted, and done
 * by `flush()` when the request that stored it has been answered.
 */
export class Parked {
  readonly #answers: Answers;
  readonly #reads = new Map<number, ParkedRead>();
  /** By file: one poller each, as the kernel has one handle for all that poll a file. */
  readonly #polls = new Map<OpenFile, ParkedPoll>();
  #woken: (() => void)[] = [];

  constructor(answers: Answers) {
    this.#answers = answers;
  }

  /** Reads that wait. */
  get reads(): number {
    return this.#reads.size;
  }

  /** A read that found nothing waits, or is answered at once when there is something after all. */
  read(unique: number, file: OpenFile, size: number): void {
    for (;;) {
      const wake = () => this.#wake(() => this.#retry(unique));
      if (file.wait(wake)) {
        this.#reads.set(unique, { unique, file, size, wake });
        return;
      }
      const result = file.read(size);
      if (result !== -Errno.EAGAIN) {
        this.#answers.read(unique, result);
        return;
      }
    }
  }

  /** A signal came for the process that waits: its read ends with EINTR. */
  interrupt(unique: number): void {
    const parked = this.#reads.get(unique);
    if (!parked) return;
    parked.file.cancelWait(parked.wake);
    this.#reads.delete(unique);
    this.#answers.read(unique, -Errno.EINTR);
  }

  /** A poller wants to be told when a file that is not ready becomes so. */
  poll(file: OpenFile, kh: number): void {
    if (this.#polls.get(file)?.kh === kh) return;
    this.#forgetPoll(file);
    const wake = () => this.#wake(() => this.#polled(file, wake));
    if (file.waitReady(wake)) this.#polls.set(file, { kh, wake });
  }

  /** A file is closed: nobody polls it any more. */
  closed(file: OpenFile): void {
    this.#forgetPoll(file);
  }

  /** Lets those go on that were woken. */
  flush(): void {
    while (this.#woken.length > 0) {
      const woken = this.#woken;
      this.#woken = [];
      for (const goOn of woken) goOn();
    }
  }

  #wake(goOn: () => void): void {
    this.#woken.push(goOn);
    this.#answers.woken?.();
  }

  #retry(unique: number): void {
    const parked = this.#reads.get(unique);
    if (!parked) return;
    this.#reads.delete(unique);
    const result = parked.file.read(parked.size);
    if (result === -Errno.EAGAIN) this.read(unique, parked.file, parked.size);
    else this.#answers.read(unique, result);
  }

  #polled(file: OpenFile, wake: () => void): void {
    const poll = this.#polls.get(file);
    if (poll?.wake !== wake) return;
    this.#polls.delete(file);
    if (file.ready) this.#answers.ready(poll.kh);
    else this.poll(file, poll.kh);
  }

  #forgetPoll(file: OpenFile): void {
    const poll = this.#polls.get(file);
    if (!poll) return;
    file.cancelWait(poll.wake);
    this.#polls.delete(file);
  }
}
