import { describe, expect, test } from "vitest";
import { readProblem, retryAfterMs } from "../../../client/problem.ts";
import { Problem } from "../../../shared/kernel/problem.ts";

describe("a problem", () => {
  test("tells what the server's did", async () => {
    const told = new Problem("invalid-request", "Not like this", {
      errors: [{ path: "text", message: "too long" }],
    });
    const answer = new Response(JSON.stringify(told.toDetails()), { status: told.status });
    expect(await readProblem(answer)).toMatchObject({
      ...told.toDetails(),
      kind: "invalid-request",
      message: "The request is not valid: Not like this",
      retryAfterMs: undefined,
    });
  });

  test("of a proxy on the way has the status and what else there is", async () => {
    const answer = new Response("<html>bad gateway</html>", { status: 502, statusText: "Bad Gateway" });
    expect(await readProblem(answer)).toMatchObject({
      type: "about:blank",
      title: "Bad Gateway",
      status: 502,
    });
    const odd = new Response(JSON.stringify({ type: 7, errors: ["x", { path: "a", message: "b" }] }), {
      status: 400,
    });
    expect(await readProblem(odd)).toMatchObject({
      type: "about:blank",
      title: "Status 400",
      errors: [{ path: "a", message: "b" }],
    });
  });

  test("says when to come back, in seconds only", () => {
    expect(["5", " 0 ", "Wed, 21 Oct 2026 07:28:00 GMT", "-1", "", null].map(retryAfterMs)).toEqual([
      5_000,
      0,
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });
});
