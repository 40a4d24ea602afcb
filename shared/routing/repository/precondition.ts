import { Problem } from "../../kernel/problem.ts";
import { etagOf, type Pointer } from "./pointer.ts";

/** Which version a write replaces: none, any, or one of these. */
export type Precondition =
  | { kind: "absent" }
  | { kind: "present" }
  | { kind: "matches"; etags: readonly string[] };

/** Reads the headers of a conditional write. Throws Problem `precondition-required`. */
export function readPrecondition(ifMatch: string | null, ifNoneMatch: string | null): Precondition {
  if (ifMatch?.trim() === "*") return { kind: "present" };
  // What a proxy has compressed on its way out comes back as a weak tag.
  if (ifMatch)
    return { kind: "matches", etags: ifMatch.split(",").map((tag) => tag.trim().replace(/^W\//, "")) };
  if (ifNoneMatch?.trim() === "*") return { kind: "absent" };
  throw new Problem(
    "precondition-required",
    "Say which version this replaces: If-Match with the ETag of the table as you read it, or If-None-Match: * for its first version",
  );
}

/** Throws Problem `table-changed` unless the table is as the writer says. */
export function holdTo(precondition: Precondition, name: string, pointer: Pointer): void {
  const now = pointer.latest === 0 ? "there is none" : `it is at version ${pointer.latest}`;
  if (precondition.kind === "absent" && pointer.latest > 0)
    throw new Problem("table-changed", `The table '${name}' is there already: ${now}`);
  if (precondition.kind === "present" && pointer.latest === 0)
    throw new Problem("table-changed", `There is no table '${name}' to replace`);
  if (
    precondition.kind === "matches" &&
    (pointer.latest === 0 || !precondition.etags.includes(etagOf(pointer.latest, pointer.latestHash)))
  ) {
    throw new Problem("table-changed", `The table '${name}' is not as it was read: ${now}`);
  }
}
