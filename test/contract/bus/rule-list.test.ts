import type { RuleProperties } from "@azure/service-bus";
import { afterAll, describe, expect, test } from "vitest";
import { openBus } from "../../support/bus.ts";

const bus = await openBus();
afterAll(() => bus.close());

async function ruleManager() {
  const topic = await bus.topic();
  return bus.client.createRuleManager(topic, await bus.subscription(topic));
}

describe.concurrent("the list of rules", () => {
  test("is in the order of the names, page by page", async () => {
    const rules = await ruleManager();
    await rules.createRule("sql", { sqlExpression: "price > 10" });
    await rules.createRule("Correlation", { correlationId: "c" });
    const pages: RuleProperties[][] = [];
    for await (const page of rules.listRules().byPage({ maxPageSize: 1 })) pages.push(page);
    const names = pages.map((page) => page.map(({ name }) => name));
    expect(names).toEqual([["$Default"], ["Correlation"], ["sql"]]);
  });

  test("cannot have a name twice, in whatever case", async () => {
    const rules = await ruleManager();
    await rules.createRule("taken", { subject: "yellow" });
    await expect(rules.createRule("Taken", { subject: "red" })).rejects.toThrow(
      /The messaging entity '.*Taken' already exists\./,
    );
  });
});
