/** Hostile sources as attacks: each is handed in as a URL. */
import { photograph } from '@tintype/testkit';
import { type AttackClass, judge } from '../case.ts';
import { submit } from '../jobs.ts';
import type { Rig } from '../rig.ts';
import { askedAgainAttacks } from './asked-again.ts';
import { badOrigins, goodPath } from './bad-origins.ts';
import { forbiddenAddresses, forbiddenRedirects, oddUrls } from './forbidden-places.ts';
import type { Places, SourceClass } from './hostile-source.ts';

/** Most of them only wait. */
const sourcesAtOnce = 24;

/** The origin must have been given its pictures before: `serveSources`, which answers with them. */
export function sourceAttacks(rig: Rig, pictures: readonly [Buffer, Buffer]): AttackClass[] {
  const places: Places = {
    originHost: rig.origin.host,
    originPort: rig.origin.port,
    canaryPort: rig.canary.port,
    apiPort: rig.port,
  };
  const classes: SourceClass[] = [
    forbiddenAddresses(places),
    forbiddenRedirects(places),
    oddUrls(places),
    ...badOrigins(places),
  ];
  const again = { kind: 'sources', name: 'the same URL again', atOnce: sourcesAtOnce } as const;
  const single = classes.map(
    ({ name, cases }): AttackClass => ({
      kind: 'sources',
      name,
      atOnce: sourcesAtOnce,
      attacks: cases.map((source) => ({
        name: source.name,
        isSlow: source.isSlow,
        run: async (target: Rig) => {
          const { verdict, ms } = await submit(target, source.name, source.url);
          return judge(source.name, source.right, verdict, ms);
        },
      })),
    }),
  );
  return [...single, { ...again, attacks: askedAgainAttacks(pictures) }];
}

/** Pictures under good and under wrong names. */
export async function serveSources({ origin }: Rig): Promise<readonly [Buffer, Buffer]> {
  const [picture, another] = [await photograph(320, 240, 21), await photograph(320, 240, 22)];
  origin.serve(goodPath, picture);
  origin.serve('/as-html', picture, { contentType: 'text/html' });
  origin.serve('/as-nothing', picture, { contentType: '' });
  origin.serve('/html-as-jpeg', Buffer.from('<!doctype html><title>x</title>'));
  origin.serve('/empty', Buffer.alloc(0));
  origin.serve('/with-cookies', picture, {
    headers: { 'set-cookie': 'a=b', 'content-security-policy': "default-src 'self'", 'alt-svc': 'h3=":1"' },
  });
  origin.serve('/named', picture, { headers: { 'content-disposition': 'attachment; filename="../../etc/passwd"' } });
  return [picture, another];
}
