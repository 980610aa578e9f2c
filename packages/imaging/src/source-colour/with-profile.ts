/** Pixels and a profile, as 8-bit sRGB. */
import type { Pixels } from '@tintype/raster';
import { withGreyProfile } from './grey-profile.ts';
import { withProfile } from './profile-png.ts';

/** The colours that a profile is for, as it says them (ICC.1, 7.2.8); null of what is no profile. */
export function kindOfProfile(profile: Buffer): string | null {
  const isProfile = profile.length > 128 && profile.toString('latin1', 36, 40) === 'acsp';
  return isProfile ? profile.toString('latin1', 16, 20) : null;
}

/** The same pixels where the profile is for neither colours nor grey. */
export async function meantByProfile(pixels: Pixels, profile: Buffer): Promise<Pixels> {
  const kind = kindOfProfile(profile);
  if (kind === 'RGB ') return withProfile(pixels, profile);
  return kind === 'GRAY' ? withGreyProfile(pixels, profile) : pixels;
}
