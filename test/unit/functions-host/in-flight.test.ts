import { expect, test } from "vitest";
import { InFlight } from "../../../local/functions/host/in-flight.ts";

test("is idle when nothing was begun, and again when all is done", async () => {
  const inFlight = new InFlight();
  expect(await inFlight.idle(0)).toBe(true);
  const [one, two] = [inFlight.begin(), inFlight.begin()];
  const idle = inFlight.idle(5_000);
  one.done();
  expect(inFlight.count).toBe(1);
  two.done();
  two.done();
  expect(await idle).toBe(true);
});

test("does not wait for what is exempt, unless it is asked for everything", async () => {
  const inFlight = new InFlight();
  const work = inFlight.begin();
  work.exempt();
  expect(await inFlight.idle(0)).toBe(true);
  expect(await inFlight.over(1)).toBe(false);
  const over = inFlight.over(5_000);
  work.done();
  expect(await over).toBe(true);
});

test("tells when the wait was too long", async () => {
  const inFlight = new InFlight();
  inFlight.begin();
  expect(await inFlight.idle(1)).toBe(false);
});
