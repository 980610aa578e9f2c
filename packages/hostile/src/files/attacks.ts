/** Hostile files as attacks: most are uploaded, some are fetched from the origin by their URL. */
import { type Attack, type AttackClass, judge } from '../case.ts';
import { submit, upload } from '../jobs.ts';
import type { Rig } from '../rig.ts';
import { fileClasses } from './all-files.ts';
import type { HostileFile } from './hostile-file.ts';

/** More than the worker decodes at once, so that it is never idle. */
const filesAtOnce = 8;
/** The origin keeps what it serves. */
const mostServedBytes = 2_000_000;

export function fileAttacks(seed: number): AttackClass[] {
  return fileClasses(seed).map(({ name, atOnce = filesAtOnce, cases }) => ({
    kind: 'files',
    name,
    atOnce,
    attacks: cases.map((file, i) => attackWith(file, `/${name}/${i}`.replaceAll(' ', '-'), i % 3 === 2)),
  }));
}

function attackWith(file: HostileFile, path: string, byUrl: boolean): Attack {
  const run = async (rig: Rig) => {
    const bytes = await file.bytes();
    const { verdict, ms } =
      file.isFetched || (byUrl && bytes.length <= mostServedBytes)
        ? await serveAndSubmit(rig, file, path, bytes)
        : await upload(rig, file.name, bytes, file.fields);
    return judge(file.name, file.right, verdict, ms);
  };
  return { name: file.name, isSlow: file.isSlow, run };
}

function serveAndSubmit(rig: Rig, file: HostileFile, path: string, bytes: Buffer) {
  rig.origin.serve(path, bytes);
  return submit(rig, file.name, rig.origin.url(path), file.fields);
}
