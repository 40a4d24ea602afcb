import { expect, test } from "vitest";
import { compareWithReference, randomFrom } from "../unit/routing/random-table.ts";

test.each([1, 2, 3, 4])("100,000 messages are matched as the reference would (part %d of 4)", (seed) => {
  const { differences, matched } = compareWithReference(randomFrom(seed), 500, 50);
  expect(differences).toEqual([]);
  expect(matched).toBeGreaterThan(10_000);
});
