/** The thumbnail that is made when nothing else is said. */
export const usualRendition = { width: 100, height: 100, fit: 'cover', format: 'auto' } as const;
