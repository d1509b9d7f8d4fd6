import { isProfileError, type KernelProfile, loadProfile } from '../profile/index.ts';
import { UsageError } from './exit-status.ts';

/** Loads the profile that `--profile` names, or the built-in one. Throws UsageError with the reason when it cannot be used. */
export function profileOf(name: string | undefined): KernelProfile {
  const profile = name === undefined ? loadProfile() : loadProfile(name);
  if (isProfileError(profile)) throw new UsageError(profile.error);
  return profile;
}
