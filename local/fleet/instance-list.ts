import { nameSchema } from "../../shared/kernel/names.ts";

/** An instance that is to run: its stable id, and the role it plays. */
export interface InstanceSpec {
  readonly id: string;
  readonly role: string;
}

/** What `npm start` runs when nothing is said. */
export const defaultInstances = "web-0,web-1,api-0";

/** Each is two processes; more than this on one machine is a slip of the finger. */
export const maxInstances = 50;

/** An instance list that cannot be used, with the remedy. */
export class InstanceListError extends Error {
  override readonly name = "InstanceListError";
}

/** Reads `web-0,web-1,api-0` or `web=2,api=1`, or a mixture. The role of an id is what stands before its last hyphen. */
export function parseInstanceList(text: string): InstanceSpec[] {
  const items = text
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
  const specs = items.flatMap(parseItem);
  if (specs.length === 0)
    throw new InstanceListError(`No instance is named. Say for example ${defaultInstances}`);
  if (specs.length > maxInstances) {
    throw new InstanceListError(
      `${specs.length} instances are too many: at most ${maxInstances} run on one machine`,
    );
  }
  const seen = new Set<string>();
  for (const { id } of specs) {
    if (seen.has(id)) throw new InstanceListError(`The instance ${id} is named twice`);
    seen.add(id);
  }
  return specs;
}

function parseItem(item: string): InstanceSpec[] {
  const [role = "", count, ...rest] = item.split("=");
  if (count === undefined) return [parseId(item)];
  if (rest.length > 0 || !/^\d{1,3}$/.test(count) || Number(count) < 1) {
    throw new InstanceListError(
      `"${item}" does not say how many instances: write for example ${role || "web"}=2`,
    );
  }
  return Array.from({ length: Number(count) }, (_, index) => parseId(`${role}-${index}`));
}

function parseId(id: string): InstanceSpec {
  const role = /^(?<role>.+)-\d+$/.exec(id)?.groups?.["role"];
  if (role === undefined) {
    throw new InstanceListError(
      `"${id}" is not an instance: write ROLE-NUMBER, as in web-0, or ROLE=COUNT, as in web=2`,
    );
  }
  const name = nameSchema.safeParse(id);
  if (!name.success)
    throw new InstanceListError(
      `"${id}" is not a name: it ${name.error.issues[0]?.message ?? "is not valid"}`,
    );
  return { id, role };
}
