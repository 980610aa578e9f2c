/** A thumbnail's `background` that is named by what is found in the picture: `dominant`, `edge`. */
import type { NamedRendition, StoredColours } from '@tintype/contracts';

/** Whether the colours must be known before the thumbnail is made. */
export function wantsFoundBackground({ background }: NamedRendition): boolean {
  return background === 'dominant' || background === 'edge';
}

/** The thumbnail with the colour itself. Of a picture without one it is white; what is behind the subject may be nothing. */
export function withFoundBackground(rendition: NamedRendition, colours: StoredColours): NamedRendition {
  if (!wantsFoundBackground(rendition)) return rendition;
  const { dominant, background: edge } = colours;
  const found = rendition.background === 'edge' && edge !== null ? edge : dominant;
  const background = found === 'transparent' ? found : (found?.hex ?? '#ffffff');
  return { ...rendition, background };
}
