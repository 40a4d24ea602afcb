import { expect, test } from "vitest";
import { Problem, problemKinds, type ProblemKind } from "../../../shared/kernel/problem.ts";

test("is told as RFC 9457 wants it, under a type that never changes", () => {
  const problem = new Problem("unknown-role", "No instance has ever registered in role db");
  expect(problem.status).toBe(404);
  expect(problem.toDetails()).toEqual({
    type: "urn:interrole:problem:unknown-role",
    title: "No such role",
    status: 404,
    detail: "No instance has ever registered in role db",
  });
});

test("tells the faults of an input one by one", () => {
  const errors = [{ path: "tag", message: "too long" }];
  expect(new Problem("invalid-request", "no", { errors }).toDetails().errors).toEqual(errors);
});

test("keeps what it came from, and when to come back, to itself until asked", () => {
  const cause = new Error("inner");
  const problem = new Problem("unavailable", "no", { cause, retryAfterSeconds: 5 });
  expect([problem.cause, problem.retryAfterSeconds]).toEqual([cause, 5]);
  expect(JSON.stringify(problem.toDetails())).not.toContain("inner");
});

test("every kind has a status of an error and a name that fits into a URN", () => {
  for (const [kind, [status, title]] of Object.entries(problemKinds)) {
    expect(kind).toMatch(/^[a-z]+(?:-[a-z]+)*$/);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(title).not.toBe("");
  }
  const kinds: ProblemKind[] = ["key-reused", "operation-ended"];
  expect(kinds.map((kind) => new Problem(kind, "").status)).toEqual([422, 409]);
});
