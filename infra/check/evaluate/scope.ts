import type { Findings } from "../finding.ts";
import type { FunctionDeclaration, SourceFile, TypeExpression } from "../syntax/tree.ts";
import type { ResourceTypes } from "../types/from-notation.ts";
import type { SchemaType } from "../types/schema-type.ts";
import type { Deployed } from "./deployed.ts";
import type { Value } from "./value.ts";

/** What all files share while they are evaluated. */
export interface World {
  readonly findings: Findings;
  readonly types: ResourceTypes;
  /** A Bicep file by its path in the repository; undefined if there is none, or it cannot be read. */
  readonly source: (path: string) => SourceFile | undefined;
  /** The content of any file. */
  readonly text: (path: string) => string | undefined;
  /** Whether modules are evaluated with what they are given; otherwise each file is looked at alone. */
  readonly follow: boolean;
  /** What is deployed, as it is found. */
  readonly deployed: Deployed[];
}

/** What names mean at one place of a file. */
export interface Scope {
  readonly world: World;
  /** The file's path. */
  readonly path: string;
  find(name: string): Value | undefined;
  findFunction(name: string): { declaration: FunctionDeclaration; scope: Scope } | undefined;
  findType(type: TypeExpression): SchemaType;
}

/** A scope with some more names: of a loop, a lambda, or a function's parameters. */
export function withLocals(scope: Scope, locals: ReadonlyMap<string, Value>): Scope {
  return {
    world: scope.world,
    path: scope.path,
    find: (name) => locals.get(name) ?? scope.find(name),
    findFunction: (name) => scope.findFunction(name),
    findType: (type) => scope.findType(type),
  };
}
