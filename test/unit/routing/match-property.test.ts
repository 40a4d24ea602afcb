import { expect, test } from "vitest";
import { compareWithReference, randomFrom } from "./random-table.ts";

test("matching with an index gives what asking every filter gives", () => {
  const { differences, matched } = compareWithReference(randomFrom(20_261_121), 50, 40);
  expect(differences).toEqual([]);
  expect(matched).toBeGreaterThan(1_000);
});
