import type { Action, FilterableMessage, PropertyChange, PropertyValue } from "../model.ts";
import { compileValue, scopeOf, type CompileContext } from "./compile-value.ts";
import { convertForSystem, convertLike } from "./convert.ts";
import { FilterError } from "./filter-error.ts";
import { invalidSql, type PropertyNode, type StatementNode } from "./sql-syntax.ts";
import { systemProperty, writableSystemProperties } from "./system-properties.ts";
import { typeName } from "./values.ts";

type Statement = (message: FilterableMessage) => PropertyChange;

/** Compiles an action. Each statement sees what those before it changed. */
export function compileStatements(nodes: readonly StatementNode[], context: CompileContext): Action {
  const statements = nodes.map((node) => compileStatement(node, context));
  return (message) => {
    const changes: PropertyChange[] = [];
    const changed = new ChangedMessage(message);
    for (const statement of statements) {
      const change = statement(changed);
      changed.apply(change);
      changes.push(change);
    }
    return changes;
  };
}

function compileStatement(node: StatementNode, context: CompileContext): Statement {
  const target = targetOf(node.target, context);
  if (node.type === "remove") return () => ({ ...target, value: undefined });
  const value = compileValue(node.value, context);
  const { scope, name } = target;
  return scope === "sys"
    ? (message) => ({ scope, name, value: systemValue(name, value(message) ?? null) })
    : (message) => ({ scope, name, value: userValue(message.user(name), value(message) ?? null) });
}

/** What a statement writes. System properties of the broker are refused when the rule is made. */
function targetOf(node: PropertyNode, context: CompileContext): { scope: "sys" | "user"; name: string } {
  const scope = scopeOf(node, context);
  if (scope === "user") return { scope, name: node.name };
  const property = systemProperty(node.name);
  if (property?.writable === true) return { scope, name: property.name };
  const problem = `sys.${node.name} cannot be changed; allowed are ${writableSystemProperties.join(", ")}`;
  throw invalidSql(context.what, problem, node.at);
}

/** NULL takes a system property away. */
function systemValue(name: string, value: PropertyValue): PropertyValue | undefined {
  const property = systemProperty(name);
  if (property === undefined || value === null) return undefined;
  const converted = convertForSystem(property.type, value);
  if (converted === undefined) throw new FilterError(`sys.${name} cannot be set to ${typeName(value)}`);
  return converted;
}

function userValue(existing: PropertyValue | undefined, value: PropertyValue): PropertyValue {
  return existing === undefined || existing === null ? value : (convertLike(existing, value) ?? value);
}

/** A message as the statements so far have left it. */
class ChangedMessage implements FilterableMessage {
  readonly #message: FilterableMessage;
  readonly #changes = new Map<string, PropertyValue | undefined>();

  constructor(message: FilterableMessage) {
    this.#message = message;
  }

  apply({ scope, name, value }: PropertyChange): void {
    this.#changes.set(keyOf(scope, name), value);
  }

  system(name: string): PropertyValue {
    const key = keyOf("sys", name);
    return this.#changes.has(key) ? (this.#changes.get(key) ?? null) : this.#message.system(name);
  }

  user(name: string): PropertyValue | undefined {
    const key = keyOf("user", name);
    return this.#changes.has(key) ? this.#changes.get(key) : this.#message.user(name);
  }
}

function keyOf(scope: "sys" | "user", name: string): string {
  return `${scope}.${name.toLowerCase()}`;
}
