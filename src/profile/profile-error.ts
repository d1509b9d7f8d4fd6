/** Why a profile cannot be used or made: one clear sentence. */
export interface ProfileError {
  readonly error: string;
}

/** Is a result such an error? */
export function isProfileError(result: object): result is ProfileError {
  return 'error' in result && typeof result.error === 'string';
}

/** A profile's file changed or was damaged since its size was looked at. */
export class ProfileDamage extends Error {
  override readonly name = 'ProfileDamage';
}
