import { describe, expect, test } from "vitest";

import { InstanceListError, parseInstanceList } from "../../../local/fleet/instance-list.ts";

describe("the list of instances", () => {
  test("names instances, whose role stands before the last hyphen", () => {
    expect(parseInstanceList("web-0, web-1,back-office-3")).toEqual([
      { id: "web-0", role: "web" },
      { id: "web-1", role: "web" },
      { id: "back-office-3", role: "back-office" },
    ]);
  });

  test("counts instances of a role from zero", () => {
    expect(parseInstanceList("web=2,api=1").map(({ id }) => id)).toEqual(["web-0", "web-1", "api-0"]);
  });

  test.each([
    ["", /No instance is named/],
    [" , ", /No instance is named/],
    ["web", /"web" is not an instance: write ROLE-NUMBER/],
    ["web-0,web-0", /web-0 is named twice/],
    ["web=2,web-1", /web-1 is named twice/],
    ["web=0", /does not say how many/],
    ["web=two", /does not say how many/],
    ["web=1=2", /does not say how many/],
    ["web=51", /at most 50/],
    ["wéb-0", /is not a name/],
    ["-0", /is not/],
    [`${"x".repeat(60)}-0`, /1 to 40/],
  ])("is refused with the remedy: %j", (text, reason) => {
    expect(() => parseInstanceList(text)).toThrow(InstanceListError);
    expect(() => parseInstanceList(text)).toThrow(reason);
  });
});
