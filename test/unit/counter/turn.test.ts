import { describe, expect, test } from "vitest";
import { counterLimits } from "../../../shared/counter/limits.ts";
import { outcomeOf } from "../../../shared/counter/outcome.ts";
import { hashKey, type CounterRequest } from "../../../shared/counter/request.ts";
import { unusedState, type CounterState } from "../../../shared/counter/state.ts";
import { decide } from "../../../shared/counter/turn.ts";
import { many, stateWith, writerId } from "./state-with.ts";

const me = writerId(1);
const next = (count = 1, key?: string): CounterRequest => ({
  kind: "next",
  count,
  key: key && hashKey(key),
});
const reset = (value: bigint, key?: string): CounterRequest => ({
  kind: "reset",
  value,
  key: key && hashKey(key),
});
const read: CounterRequest = { kind: "read" };

/** The state after so many turns, one request in each. */
function after(state: CounterState, ...turns: [writer: string, request: CounterRequest][]): CounterState {
  let last = state;
  for (const [writer, request] of turns) last = decide(last, writer, [request]).state;
  return last;
}

describe("a turn", () => {
  test("gives each request its numbers, one after the other, from 1 on", () => {
    const { answers, state, hasChanged } = decide(unusedState(1n), me, [next(), next(3), next()]);
    expect(answers).toMatchObject([
      { value: 1n, last: 1n, count: 1, epoch: 1 },
      { value: 2n, last: 4n, count: 3 },
      { value: 5n, last: 5n },
    ]);
    expect(state).toMatchObject({ value: 5n, turn: 1, epoch: 1 });
    expect(hasChanged).toBe(true);
  });

  test("begins where initialValue says", () => {
    expect(decide(unusedState(0n), me, [next()]).answers).toMatchObject([{ value: 0n }]);
    expect(decide(unusedState(500n), me, [next()]).answers).toMatchObject([{ value: 500n }]);
  });

  test("goes on behind the value of a reset, in the next epoch", () => {
    const { answers } = decide(stateWith(), me, [next(), reset(7n), next(), read]);
    expect(answers).toMatchObject([
      { value: 11n, epoch: 1 },
      { value: 7n, epoch: 2 },
      { value: 8n, epoch: 2 },
      { value: 8n, epoch: 2, isUsed: true },
    ]);
  });

  test("that only reads or refuses writes nothing", () => {
    const state = stateWith({ value: counterLimits.maxValue });
    const decision = decide(state, me, [read, next()]);
    expect(decision.hasChanged).toBe(false);
    expect(decision.state).toBe(state);
    expect(decision.answers).toMatchObject([{ isUsed: true }, { kind: "counter-overflow" }]);
    expect(decide(unusedState(1n), me, [read]).answers).toMatchObject([{ value: 0n, isUsed: false }]);
  });

  test("refuses what would pass the last 64-bit number, and takes what does not", () => {
    const { answers, state } = decide(stateWith({ value: counterLimits.maxValue - 2n }), me, [
      next(3),
      next(2),
    ]);
    expect(answers).toMatchObject([{ kind: "counter-overflow" }, { last: counterLimits.maxValue }]);
    expect(state.value).toBe(counterLimits.maxValue);
  });
});

describe("a request with a key", () => {
  test("gets the answer that it got before, with the epoch of that time", () => {
    const before = after(stateWith(), [me, next(2, "k")], [me, reset(100n)], [me, next()]);
    const { answers, hasChanged } = decide(before, me, [next(2, "k")]);
    expect(answers).toMatchObject([{ value: 11n, last: 12n, epoch: 1, isRepeated: true }]);
    expect(hasChanged).toBe(false);
  });

  test("gets it within the same turn too", () => {
    const { answers, state } = decide(stateWith(), me, [next(1, "k"), next(1, "k")]);
    expect(answers).toMatchObject([
      { value: 11n, isRepeated: false },
      { value: 11n, isRepeated: true },
    ]);
    expect(state.value).toBe(11n);
  });

  test("resets once", () => {
    const before = after(stateWith(), [me, reset(7n, "r")], [me, next()]);
    expect(decide(before, me, [reset(7n, "r"), read]).answers).toMatchObject([
      { value: 7n, epoch: 2, isRepeated: true },
      { value: 8n, epoch: 2 },
    ]);
  });

  test("is refused when the key was another request's", () => {
    const before = after(stateWith(), [me, next(2, "k")], [me, reset(7n, "r")]);
    const { answers, hasChanged } = decide(before, me, [
      next(3, "k"),
      reset(11n, "k"),
      reset(8n, "r"),
      next(1, "r"),
    ]);
    expect(answers).toMatchObject(many(4, () => ({ kind: "key-reused" })));
    expect(hasChanged).toBe(false);
  });

  test("is remembered for 1,000 more keys, and not for more", () => {
    const turns = many(counterLimits.maxKeys - 1, (index): [string, CounterRequest] => [
      me,
      next(1, `${index}`),
    ]);
    const full = after(after(stateWith(), [me, next(1, "first")]), ...turns);
    expect(decide(full, me, [next(1, "first")]).answers).toMatchObject([{ isRepeated: true }]);
    const fuller = after(full, [me, next(1, "one more")]);
    expect(decide(fuller, me, [next(1, "first")]).answers).toMatchObject([{ isRepeated: false }]);
  });

  test("is remembered in the latest turn of a writer that died, however many keys others use", () => {
    const dead = after(stateWith(), [writerId(7), next(1, "of the dead")]);
    const turns = many(counterLimits.maxKeys * 2, (index): [string, CounterRequest] => [
      me,
      next(1, `${index}`),
    ]);
    expect(decide(after(dead, ...turns), me, [next(1, "of the dead")]).answers).toMatchObject([
      { value: 11n, isRepeated: true },
    ]);
  });
});

describe("a writer that finds its write unanswered", () => {
  const others = (count: number) =>
    many(count, (index): [string, CounterRequest] => [writerId(10 + index), next()]);

  test("knows it was made when it is its latest turn", () => {
    const made = after(stateWith(), [me, next()]);
    expect(outcomeOf(after(made, ...others(31)), me, made.turn)).toBe("made");
  });

  test("knows it was not made when there is an earlier turn of its own, or none while nothing was pushed out", () => {
    const before = after(stateWith(), [me, next()]);
    expect(outcomeOf(after(before, ...others(3)), me, before.turn + 1)).toBe("not-made");
    expect(outcomeOf(after(stateWith(), ...others(31)), me, 6)).toBe("not-made");
    expect(outcomeOf(unusedState(1n), me, 1)).toBe("not-made");
  });

  test("knows it was not made while an older turn than it would have been is still there", () => {
    const full = after(stateWith(), ...others(32));
    expect(outcomeOf(full, me, full.turn)).toBe("not-made");
  });

  test("does not know when 32 others have written since", () => {
    const before = stateWith();
    expect(outcomeOf(after(before, ...others(32)), me, before.turn)).toBe("unknown");
    expect(outcomeOf(after(before, [me, next()], ...others(32)), me, before.turn + 1)).toBe("unknown");
  });
});
