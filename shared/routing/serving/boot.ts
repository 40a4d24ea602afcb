import type { RoutingTables } from "../repository/tables.ts";
import type { Wanted } from "./loader.ts";

/** What a table is served from when no command says otherwise, as it was when it was first found; undefined while there is none. */
export interface Boot {
  find(): Promise<Wanted | undefined>;
}

/** The version that is active when this instance first looks. */
export function bootFromRepository(repository: RoutingTables, name: string): Boot {
  return once(async () => {
    const pointer = await repository.pointer(name);
    return pointer && pointer.active > 0 ? { from: "repository", version: pointer.active } : undefined;
  });
}

/** What is in the file when this instance first looks. */
export function bootFromFile(readFile: () => Promise<string>): Boot {
  return once(async () => ({ from: "file", text: await readFile() }));
}

function once(find: () => Promise<Wanted | undefined>): Boot {
  let found: Wanted | undefined;
  return {
    async find() {
      found ??= await find();
      return found;
    },
  };
}
