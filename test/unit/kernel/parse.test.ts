import { describe, expect, test } from "vitest";
import { z } from "zod";
import {
  isShallow,
  maxJsonDepth,
  maxToldFaults,
  parseJson,
  parseValue,
} from "../../../shared/kernel/parse.ts";
import { Problem } from "../../../shared/kernel/problem.ts";

const schema = z.strictObject({ name: z.string().max(5), sizes: z.array(z.int()).default([]) });

function problemOf(act: () => unknown): Problem {
  try {
    act();
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  throw new Error("It was taken");
}

/** JSON text of so many lists in each other. */
const nested = (depth: number): string => `${"[".repeat(depth)}${"]".repeat(depth)}`;

describe("a text", () => {
  test("is parsed, with what is not said filled in", () => {
    expect(parseJson(schema, '{"name":"a"}', "body")).toEqual({ name: "a", sizes: [] });
  });

  test.each(["", "{", "undefined", "{'a':1}", "NaN"])("that is not JSON is refused: %s", (text) => {
    const problem = problemOf(() => parseJson(schema, text, "body"));
    expect(problem.kind).toBe("invalid-request");
    expect(problem.message).toMatch(/^The body is not JSON: /);
  });
});

describe("a value that does not fit", () => {
  test("is refused with every fault, where it is, and what is allowed there", () => {
    const problem = problemOf(() =>
      parseValue(schema, { name: "too long", sizes: [1, "x"], extra: 1 }, "body"),
    );
    expect(problem.status).toBe(400);
    expect(problem.errors.map(({ path }) => path)).toEqual(["name", "sizes.1", "(whole)"]);
    expect(problem.message).toMatch(/^The body is not valid: name: .*; sizes\.1: .*; \(whole\): .*"extra"/);
  });

  test("in very many places is told with a few, and how many more there are", () => {
    const problem = problemOf(() =>
      parseValue(schema, { name: "a", sizes: Array.from({ length: 5_000 }, () => "x") }, "body"),
    );
    expect(problem.errors).toHaveLength(maxToldFaults);
    expect(problem.message).toMatch(/; and 4980 more$/);
  });

  test("by a very long name is told in short", () => {
    const problem = problemOf(() => parseValue(schema, { name: "a", ["x".repeat(100_000)]: 1 }, "body"));
    expect(problem.message.length).toBeLessThan(1_000);
  });
});

describe("depth", () => {
  test("is counted by lists and objects in each other", () => {
    expect([
      isShallow(1, 0),
      isShallow([], 0),
      isShallow([], 1),
      isShallow({ a: [{}] }, 2),
      isShallow({ a: [{}] }, 3),
    ]).toEqual([true, false, true, false, true]);
  });

  test("beyond the limit is refused, however deep it is", () => {
    for (const depth of [maxJsonDepth + 1, 100_000]) {
      const problem = problemOf(() => parseJson(z.json(), nested(depth), "body"));
      expect(problem.message).toBe("The body is nested deeper than 32 levels");
    }
    expect(() => parseJson(z.json(), nested(maxJsonDepth), "body")).not.toThrow();
  });
});
