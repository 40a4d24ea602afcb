import { expect, test } from "vitest";
import { entities, isReplyTarget, topology, topologySchema } from "../../../shared/bus/topology.ts";

test("every entity that the code names is in the topology", () => {
  const inFile = new Set([...Object.keys(topology.queues), ...Object.keys(topology.topics)]);
  for (const name of Object.values(entities)) expect(inFile).toContain(name);
});

test("answers may be sent to replies alone", () => {
  expect(Object.values(entities).filter(isReplyTarget)).toEqual(["replies"]);
  for (const name of ["", "elsewhere", "toString", "__proto__"]) expect(isReplyTarget(name)).toBe(false);
});

test("a property that nobody reads is refused, so that a wrong name in the file is found", () => {
  const queue = { ...topology.queues["replies"], lockDuraton: "PT1M" };
  expect(topologySchema.safeParse({ ...topology, queues: { replies: queue } }).success).toBe(false);
});
