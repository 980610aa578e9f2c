/** How the image of a service is called, by what stands behind `--tag`. */
export const services = ['api', 'worker', 'search'] as const;
export type Service = (typeof services)[number];

/** As in the reference grammar of the distribution project: host and port, then a path in lower case. */
const host = '[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?(?::\\d+)?';
const pathPart = '[a-z0-9]+(?:[._-]+[a-z0-9]+)*';
const reference = new RegExp(`^(?<name>(?:${host}/)?${pathPart}(?:/${pathPart})*):(?<tag>\\w[\\w.-]{0,127})$`);
const tagAlone = /^\w[\w.-]{0,127}$/;

/**
 * `1.2.3` → `tintype-api:1.2.3`; `ghcr.io/you/tintype:1.2.3` → `ghcr.io/you/tintype-api:1.2.3`. Null when it can be the
 * name of no image.
 */
export function imageName(given: string, service: Service): string | null {
  if (tagAlone.test(given)) return `tintype-${service}:${given}`;
  const { name, tag } = reference.exec(given)?.groups ?? {};
  return name === undefined ? null : `${name}-${service}:${tag}`;
}
