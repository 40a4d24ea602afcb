import { BrokerError } from "../broker-error.ts";
import { compileAction, compileFilter } from "../filter/compile.ts";
import type { Action, FilterableMessage, Matcher, PropertyChange, RuleDescription } from "../model.ts";
import type { Content } from "./message.ts";

interface Rule {
  readonly description: RuleDescription;
  readonly matches: Matcher;
  readonly act: Action | undefined;
}

/** What the rules of a subscription make of a message: copies to keep, and what went wrong on the way. */
export interface RuleOutcome {
  readonly copies: readonly Content[];
  readonly failures: readonly unknown[];
}

/** The rules of one subscription, by name. */
export class RuleSet {
  #rules = new Map<string, Rule>();

  add(description: RuleDescription): void {
    if (this.#rules.has(key(description.name))) {
      throw new BrokerError(
        "com.microsoft:entity-already-exists",
        `The messaging entity '${description.name}' already exists.`,
      );
    }
    this.#rules.set(key(description.name), compile(description));
  }

  update(description: RuleDescription): void {
    this.get(description.name);
    this.#rules.set(key(description.name), compile(description));
  }

  remove(name: string): void {
    this.get(name);
    this.#rules.delete(key(name));
  }

  get(name: string): RuleDescription {
    const rule = this.#rules.get(key(name));
    if (rule === undefined)
      throw new BrokerError("amqp:not-found", `The messaging entity rule '${name}' could not be found.`);
    return rule.description;
  }

  /** By name, whenever they were added. */
  all(): RuleDescription[] {
    const byKey = [...this.#rules].toSorted(([a], [b]) => (a < b ? -1 : 1));
    return byKey.map(([, rule]) => rule.description);
  }

  /** One copy for all matching rules without an action, and one more for each matching rule with an action. */
  apply(content: Content, seen: FilterableMessage): RuleOutcome {
    const copies: Content[] = [];
    const failures: unknown[] = [];
    let plain = false;
    for (const rule of this.#rules.values()) {
      try {
        if (!rule.matches(seen)) continue;
        if (rule.act === undefined) plain = true;
        else copies.push(content.change([...rule.act(seen), namedBy(rule.description)]));
      } catch (error) {
        failures.push(error);
      }
    }
    return { copies: plain ? [content, ...copies] : copies, failures };
  }
}

/** A copy that an action made says by which rule. */
function namedBy({ name }: RuleDescription): PropertyChange {
  return { scope: "user", name: "RuleName", value: name };
}

function compile(description: RuleDescription): Rule {
  const action = description.action;
  return {
    description,
    matches: compileFilter(description.filter),
    act:
      action === undefined || action.trim() === ""
        ? undefined
        : compileAction(action, description.actionParameters),
  };
}

function key(name: string): string {
  return name.toLowerCase();
}
