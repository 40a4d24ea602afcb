import { reasonOf } from "../../../shared/kernel/log.ts";
import { compileAction, compileFilter } from "../filter/compile.ts";
import type { NamespaceConfig, ReceivableProperties, RuleDescription } from "../model.ts";
import { ConfigError } from "./config-error.ts";

/** Holds the entities of a configuration against each other. Throws ConfigError with every problem found. */
export function checkConfig(config: NamespaceConfig): void {
  const entities = [...config.queues, ...config.topics].map(({ name }) => name);
  const known = new Set(entities.map((name) => name.toLowerCase()));
  const problems = repeated(entities).map(
    (name) => `the name "${name}" is used by more than one queue or topic`,
  );
  for (const queue of config.queues)
    problems.push(...forwardingProblems(`queue "${queue.name}"`, queue, known));
  for (const topic of config.topics) {
    const names = topic.subscriptions.map(({ name }) => name);
    for (const name of repeated(names))
      problems.push(`topic "${topic.name}" has more than one subscription "${name}"`);
    for (const subscription of topic.subscriptions) {
      const where = `subscription "${topic.name}/${subscription.name}"`;
      problems.push(
        ...forwardingProblems(where, subscription, known),
        ...ruleProblems(where, subscription.rules),
      );
    }
  }
  if (problems.length > 0) throw new ConfigError(problems);
}

function repeated(names: readonly string[]): string[] {
  const lower = names.map((name) => name.toLowerCase());
  return names.filter((name, i) => lower.indexOf(name.toLowerCase()) < i);
}

function forwardingProblems(
  where: string,
  entity: ReceivableProperties,
  known: ReadonlySet<string>,
): string[] {
  const targets = {
    ForwardTo: entity.forwardTo,
    ForwardDeadLetteredMessagesTo: entity.forwardDeadLetteredTo,
  };
  return Object.entries(targets).flatMap(([property, target]) =>
    target === undefined || known.has(target.toLowerCase())
      ? []
      : [`${where}: ${property} names "${target}", which is neither a queue nor a topic of this file`],
  );
}

function ruleProblems(where: string, rules: readonly RuleDescription[]): string[] {
  const problems = repeated(rules.map(({ name }) => name)).map(
    (name) => `${where} has more than one rule "${name}"`,
  );
  for (const { name, filter, action } of rules) {
    try {
      compileFilter(filter);
      if (action !== undefined && action.trim() !== "") compileAction(action);
    } catch (error) {
      problems.push(`${where}, rule "${name}": ${reasonOf(error)}`);
    }
  }
  return problems;
}
