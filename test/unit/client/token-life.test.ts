import { expect, test } from "vitest";
import { isRenewalDue, readClaims } from "../../../client/token-life.ts";
import { SessionTokens } from "../../../shared/presence/token.ts";

const hourMs = 3_600_000;

test("a token is renewed when a quarter of its life is left", async () => {
  const token = await new SessionTokens("x".repeat(32)).issue({ sessionId: "s", userName: "Åse 🙂" });
  const claims = readClaims(token);
  expect(claims).toMatchObject({ userName: "Åse 🙂" });
  const after = (hours: number) => new Date((claims?.issuedAtMs ?? 0) + hours * hourMs);
  expect([0, 17.9, 18.1, 25].map((hours) => isRenewalDue(token, after(hours)))).toEqual([
    false,
    false,
    true,
    true,
  ]);
});

test("what is no token of the known kind is used until it is refused", () => {
  for (const odd of ["", "a.b.c", `a.${btoa("{}")}.c`, `a.${btoa("7")}.c`]) {
    expect(readClaims(odd)).toBeUndefined();
    expect(isRenewalDue(odd, new Date())).toBe(false);
  }
});
