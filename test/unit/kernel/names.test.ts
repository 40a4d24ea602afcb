import { expect, test } from "vitest";
import { nameSchema } from "../../../shared/kernel/names.ts";

test.each(["a", "web", "web-0", "Web.Role_1", "0", "a".repeat(40)])("%s is a name", (name) => {
  expect(nameSchema.safeParse(name).success).toBe(true);
});

// Table keys may not hold / \ # ?, and names stand in URLs, file names and subscriptions.
test.each([
  "",
  "-a",
  "a-",
  ".a",
  "a.",
  "_",
  "a b",
  "a/b",
  "a\\b",
  "a#b",
  "a?b",
  "a:b",
  "*",
  "ä",
  "a\n",
  "a'b",
  "a".repeat(41),
])("%j is none", (name) => {
  expect(nameSchema.safeParse(name).success).toBe(false);
});
