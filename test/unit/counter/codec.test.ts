import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { decodeState, encodeState, UnreadableState } from "../../../shared/counter/codec.ts";
import { counterLimits } from "../../../shared/counter/limits.ts";
import { unusedState } from "../../../shared/counter/state.ts";
import { keptAnswer, many, stateWith, writerId } from "./state-with.ts";

const bytes16 = () => randomBytes(16).toString("latin1");

describe("the bytes of a state", () => {
  test("give the state back, whatever its keys and numbers", () => {
    const states = [
      unusedState(1n),
      unusedState(0n),
      stateWith({ epoch: 2 ** 32 - 1, value: counterLimits.maxValue, turn: Number.MAX_SAFE_INTEGER }),
      stateWith({
        writers: [
          { writer: randomBytes(8).toString("latin1"), turn: 4, answers: [] },
          { writer: writerId(2), turn: 5, answers: [{ key: bytes16(), epoch: 3, value: -1n, count: 0 }] },
        ],
        keys: [{ key: bytes16(), epoch: 1, value: 9n, count: counterLimits.maxCount }],
      }),
    ];
    for (const state of states) expect(decodeState(encodeState(state))).toEqual(state);
  });

  test("are fewer than 64 KB with as many keys and writers as there may be", () => {
    const { maxKeys, maxWriters, maxKeyedPerTurn, maxStateBytes } = counterLimits;
    const answers = many(maxKeyedPerTurn, keptAnswer);
    const state = stateWith({
      keys: many(maxKeys, keptAnswer),
      writers: many(maxWriters, (index) => ({ writer: writerId(index), turn: index, answers })),
    });
    const bytes = encodeState(state);
    expect(bytes.length).toBeLessThan(maxStateBytes);
    expect(decodeState(bytes)).toEqual(state);
  });

  test("are refused when they are another's, cut short, too long or of a wrong length", () => {
    const good = encodeState(stateWith({ keys: [keptAnswer(1)] }));
    const wrong = [
      Buffer.alloc(0),
      Buffer.from('{"value":7}'),
      Buffer.concat([Buffer.from("IRC2"), good.subarray(4)]),
      good.subarray(0, 20),
      good.subarray(0, -1),
      Buffer.concat([good, Buffer.alloc(1)]),
      Buffer.alloc(counterLimits.maxStateBytes + 1),
    ];
    for (const bytes of wrong) expect(() => decodeState(bytes)).toThrow(UnreadableState);
  });
});
