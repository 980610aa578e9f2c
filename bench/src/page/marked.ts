/** The generated parts of a page of Markdown: each between two markers, everything else is written by hand. */

/** The page with the block in the place of what was between its markers. Throws when the page has none for it. */
export function putBlock(page: string, { name, markdown }: { name: string; markdown: string }): string {
  const begin = `<!-- bench: ${name} -->`;
  const end = `<!-- end of ${name} -->`;
  const from = page.indexOf(begin);
  const to = page.indexOf(end);
  if (from < 0 || to < from) throw new Error(`the page has no place for ${name}: ${begin} … ${end}`);
  return `${page.slice(0, from)}${begin}\n\n${markdown}\n\n${page.slice(to)}`;
}
