/** Names of items that were given none: that of their file, made such as a name may be. */

const longestChars = 255;

/** The last part of a URL's path, decoded; null when there is none. */
export function fileNameIn(url: string): string | null {
  const last = new URL(url).pathname.split('/').at(-1) ?? '';
  const name = cleaned(decoded(last));
  return name === '' ? null : name;
}

/** `apart` tells it from another item of the same file name. */
export function nameFor(fileName: string | null, apart: string | null, id: string): string {
  if (fileName === null) return id;
  if (apart === null) return fileName;
  const dot = fileName.lastIndexOf('.');
  const [stem, ending] = dot > 0 ? [fileName.slice(0, dot), fileName.slice(dot)] : [fileName, ''];
  const tail = `-${apart.slice(-12)}${ending}`;
  return `${stem.slice(0, Math.max(0, longestChars - tail.length))}${tail}`.slice(0, longestChars);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function cleaned(text: string): string {
  const safe = [...text].filter((char) => !/[/\\\p{Cc}]/u.test(char)).join('');
  return safe === '.' || safe === '..' ? '' : safe.slice(0, longestChars).toWellFormed();
}
