import type { Node } from "web-tree-sitter";
import { partsOf, type Reading } from "./parser.ts";
import { readDeployed } from "./read-deployed.ts";
import { readExpression, readResource } from "./read-expression.ts";
import { literalText } from "./read-text.ts";
import { readType } from "./read-type.ts";
import type { Declaration, Decorator, Module } from "./tree.ts";

/** Reads a statement that declares something; undefined for one that does not. */
export function readDeclaration(
  reading: Reading,
  node: Node,
  decorators: readonly Decorator[],
): Declaration | Declaration[] | undefined {
  const parts = partsOf(node);
  const [first, second, third] = parts;
  if (!first) return undefined;
  const declared = { at: reading.at(node), name: first.text, decorators };
  switch (node.type) {
    case "parameter_declaration": {
      if (!second) return undefined;
      const fallback = third && readExpression(reading, third);
      return { ...declared, kind: "param", type: readType(reading, second), fallback };
    }
    case "variable_declaration":
      return second && { ...declared, kind: "var", value: readExpression(reading, second) };
    case "output_declaration":
      if (!second || !third) return undefined;
      return {
        ...declared,
        kind: "output",
        type: readType(reading, second),
        value: readExpression(reading, third),
      };
    case "type_declaration":
      return second && { ...declared, kind: "type", type: readType(reading, second) };
    case "user_defined_function":
      return readFunction(reading, node, declared);
    case "resource_declaration":
      return readResource(reading, node, decorators);
    case "module_declaration":
      return readModule(reading, node, decorators);
    case "import_functionality":
      return readImports(reading, node);
    default:
      return undefined;
  }
}

function readFunction(
  reading: Reading,
  node: Node,
  declared: { at: Declaration["at"]; name: string; decorators: readonly Decorator[] },
): Declaration | undefined {
  const returns = node.childForFieldName("returns");
  const parameters = partsOf(node).find(({ type }) => type === "parameters");
  const body = partsOf(node).at(-1);
  if (!returns || !parameters || !body) return undefined;
  return {
    ...declared,
    kind: "func",
    parameters: partsOf(parameters).flatMap((parameter) => {
      const [name, type] = partsOf(parameter);
      return name && type ? [{ name: name.text, type: readType(reading, type) }] : [];
    }),
    returns: readType(reading, returns),
    body: readExpression(reading, body),
  };
}

function readModule(reading: Reading, node: Node, decorators: readonly Decorator[]): Module {
  const { type: path, ...read } = readDeployed(reading, node, decorators, readExpression);
  return { ...read, kind: "module", path };
}

/** `import { a, b as c } from 'x.bicep'`, or `import * as all from 'x.bicep'`. */
function readImports(reading: Reading, node: Node): Declaration[] {
  const at = reading.at(node);
  const parts = partsOf(node);
  const last = parts.at(-1);
  const path = literalText(reading, last);
  const names = parts.slice(0, -1);
  const brought = (name: string, source: string | undefined): Declaration => ({
    at,
    kind: "import",
    name,
    source,
    path,
    decorators: [],
  });
  if (node.children.some(({ type, text }) => type === "*" || text === "*"))
    return [brought(names.at(-1)?.text ?? "", undefined)];
  const all: Declaration[] = [];
  for (const [index, name] of names.entries()) {
    const before = name.previousSibling?.type === "as";
    if (before) continue;
    const renamed = name.nextSibling?.type === "as" ? names[index + 1] : undefined;
    all.push(brought(renamed?.text ?? name.text, name.text));
  }
  return all;
}
