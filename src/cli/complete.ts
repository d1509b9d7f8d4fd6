import { ProbeErrorText } from '../abi/probe-errors.ts';
import {
  builtinProfiles,
  chosenProfile,
  isProfileError,
  type KernelProfile,
  loadProfile,
  userProfiles,
} from '../profile/index.ts';
import { type Candidate, type Completion, nameCandidates } from '../ui/completion.ts';
import { put } from './output.ts';
import type { DynamicKind } from './value-kinds.ts';

const starting = (text: string, names: readonly string[]): Completion => ({
  from: 0,
  candidates: names.filter((name) => name.startsWith(text)).map((name) => ({ text: name })),
});

/** `SYSTEM:EVENT`: systems first, then the events of one. */
function eventNames(profile: KernelProfile, text: string): Completion {
  const colon = text.indexOf(':');
  const { list } = profile.events;
  if (colon < 0) {
    const counts = new Map<string, number>();
    for (const { system } of list) if (system.startsWith(text)) counts.set(system, (counts.get(system) ?? 0) + 1);
    const candidates = [...counts]
      .sort()
      .map(([system, n]): Candidate => ({ text: `${system}:`, note: `${n} events` }));
    return { from: 0, candidates };
  }
  const names = list.filter(({ system }) => system === text.slice(0, colon)).map(({ name }) => name);
  const piece = text.slice(colon + 1);
  const found = names.filter((name) => name.startsWith(piece)).sort();
  return { from: colon + 1, candidates: nameCandidates(found, piece, 'events') };
}

/** A path in the tracing files: of the session that the shell is in, of a kernel that is up, or of a fresh one. */
async function tracingFiles(
  profile: KernelProfile,
  text: string,
  name: string | undefined,
  dirsOnly: boolean,
): Promise<Completion> {
  const from = text.lastIndexOf('/') + 1;
  const dir = text.slice(0, from);
  const files = await (await import('./completed-files.ts')).completedFiles(profile, name);
  const names = await files.list(dir === '' ? '.' : dir);
  const found = typeof names === 'number' ? [] : names.filter((each) => each.startsWith(text.slice(from)));
  const candidates: Candidate[] = [];
  for (const each of found) {
    const isDir = await files.isDir(dir + each);
    if (isDir || !dirsOnly) candidates.push({ text: isDir ? `${each}/` : each });
  }
  files.close();
  return { from, candidates };
}

/** Events that can be removed, as `GROUP/EVENT`. */
async function definedEvents(profile: KernelProfile, name: string | undefined): Promise<string[]> {
  const files = await (await import('./completed-files.ts')).completedFiles(profile, name);
  const lines = (await files.read('dynamic_events')).split('\n');
  files.close();
  return lines.flatMap((line) => /^\w+:(\S+)/.exec(line)?.[1] ?? []);
}

/** `FUNCTION:PHASE`. */
function moments(profile: KernelProfile, text: string): Completion {
  const colon = text.indexOf(':');
  if (colon >= 0) {
    const phases = ['entry', 'body', 'return'].filter((phase) => phase.startsWith(text.slice(colon + 1)));
    return { from: colon + 1, candidates: phases.map((phase) => ({ text: phase })) };
  }
  if (!/^[\w.]+$/.test(text)) return { from: 0, candidates: [] };
  const names = profile.functions.namesWithPrefix(text);
  const found = nameCandidates(names, text, 'functions');
  return { from: 0, candidates: names[0] === text ? [...found, { text: `${text}:` }] : found };
}

/** Tells how a text of a kind can go on; `kernel` is the name of one that is up, when the line has one. */
type Complete = (profile: KernelProfile, text: string, kernel?: string) => Completion | Promise<Completion>;

const KINDS: Record<DynamicKind, Complete> = {
  definition: async (profile, text, kernel) => {
    // fprobe explain takes errors, too.
    if (/^[A-Z]/.test(text)) return starting(text, Object.keys(ProbeErrorText));
    const { DefinitionCompleter } = await import('../ui/complete-definition.ts');
    const events = /^[-!]/.test(text) ? await definedEvents(profile, kernel) : [];
    return new DefinitionCompleter(profile).complete(text, events);
  },
  event: eventNames,
  module: async (_, text) => {
    const { KERNEL_MODULES } = await import('../modules/index.ts');
    const found = KERNEL_MODULES.filter(({ name }) => name.startsWith(text));
    return { from: 0, candidates: found.map(({ name, description }) => ({ text: name, note: description })) };
  },
  moment: moments,
  kernel: async (_, text) => starting(text, (await import('../server/index.ts')).kernelNames()),
  'tracing-file': (profile, text, kernel) => tracingFiles(profile, text, kernel, false),
  'tracing-dir': (profile, text, kernel) => tracingFiles(profile, text, kernel, true),
  workload: (profile, text) => starting(text, profile.workloads.names),
  profile: (_, text) => starting(text, [...builtinProfiles(), ...userProfiles()]),
};

/**
 * `fprobe __complete KIND TEXT`: what the completion scripts ask for. The first line is how much of the text stays, then a line a
 * candidate: what comes behind that, and a note behind a tab. Nothing when there is nothing to say, whatever the reason.
 */
export async function complete(
  kind: string,
  text: string,
  options: { profile?: string; name?: string },
): Promise<void> {
  const profile = loadProfile(options.profile ?? chosenProfile());
  if (isProfileError(profile) || !Object.hasOwn(KINDS, kind)) return;
  const { from, candidates } = await KINDS[kind as DynamicKind](profile, text, options.name);
  const lines = candidates.map(({ text: tail, note }) => (note === undefined ? tail : `${tail}\t${note}`));
  put(Buffer.from(`${[text.slice(0, from), ...lines].join('\n')}\n`, 'utf8'));
}
