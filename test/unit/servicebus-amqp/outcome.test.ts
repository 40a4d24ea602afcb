// oxlint-disable typescript/no-unsafe-type-assertion -- rhea's typings leave its outcomes out
import rhea from "rhea";
import { expect, test } from "vitest";
import { readOutcome } from "../../../local/servicebus/amqp/outcome.ts";

/** A `modified` as rhea reads it from the wire, with the value that its decoder made of `undeliverable-here`. */
function modified(undeliverableHere: unknown): unknown {
  const { modified: create } = rhea.message as unknown as {
    modified: (fields: object) => { value: unknown[] };
  };
  const state = create({});
  state.value = [undefined, { value: undeliverableHere, type: {} }];
  return state;
}

test.each([
  ["true", true, "defer"],
  ["true in the longer form, which Python sends", 1, "defer"],
  ["false", false, "abandon"],
  ["false in the longer form", 0, "abandon"],
])("a modified outcome with undeliverable-here %s", (_, value, kind) => {
  expect(readOutcome("modified", modified(value))).toMatchObject({ kind });
});
