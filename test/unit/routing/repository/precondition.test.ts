import { expect, test } from "vitest";
import { etagOf, noVersions } from "../../../../shared/routing/repository/pointer.ts";
import { holdTo, readPrecondition } from "../../../../shared/routing/repository/precondition.ts";

const pointer = { ...noVersions, latest: 7, latestHash: "a".repeat(64) };
const etag = etagOf(7, pointer.latestHash);
const held = (ifMatch: string | null, ifNoneMatch: string | null, now = pointer) => {
  holdTo(readPrecondition(ifMatch, ifNoneMatch), "default", now);
  return true;
};

test("a write says which version it replaces", () => {
  expect(() => readPrecondition(null, null)).toThrow(/If-Match/);
  expect(() => readPrecondition(null, '"7-x"')).toThrow(/If-Match/);
});

test("the version that it names must be the latest", () => {
  expect(held(etag, null)).toBe(true);
  expect(held(`"6-b", ${etag}`, null)).toBe(true);
  expect(held(`W/${etag}`, null)).toBe(true);
  expect(() => held('"6-b"', null)).toThrow(/version 7/);
  expect(() => held(etag, null, noVersions)).toThrow(/there is none/);
});

test("any and none are told apart", () => {
  expect(held("*", null)).toBe(true);
  expect(() => held("*", null, noVersions)).toThrow(/no table/);
  expect(held(null, "*", noVersions)).toBe(true);
  expect(() => held(null, "*")).toThrow(/there already/);
});
