import { chosenProfile, isProfileError, type KernelProfile, loadProfile } from '../profile/index.ts';
import { UsageError } from './exit-status.ts';

/**
 * What another process is told to load, wherever it runs: the profile that `--profile` names, or the one that `fprobe profile use` chose. Throws
 * UsageError as {@link profileOf} does.
 */
export const profileFor = (name: string | undefined): string => profileOf(name).dir;

/**
 * Loads the profile that `--profile` names, or the one that `fprobe profile use` chose, or the built-in one. Throws UsageError with the reason
 * when it cannot be used.
 */
export function profileOf(name: string | undefined): KernelProfile {
  const chosen = name ?? chosenProfile();
  const profile = loadProfile(chosen);
  if (!isProfileError(profile)) return profile;
  throw new UsageError(
    name === undefined && chosen !== undefined ? `${profile.error} (fprobe profile use chose it)` : profile.error,
  );
}
