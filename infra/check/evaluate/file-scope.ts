import { posix } from "node:path";
import type { Declaration, FunctionDeclaration, Import, SourceFile, TypeExpression } from "../syntax/tree.ts";
import { suggest } from "../nearest-name.ts";
import { checkValue } from "../types/check-value.ts";
import { toSchemaType } from "../types/from-syntax.ts";
import type { SchemaType } from "../types/schema-type.ts";
import { deployModule } from "./deploy-module.ts";
import { deployResource } from "./deploy-resource.ts";
import { evaluate } from "./expression.ts";
import type { Scope, World } from "./scope.ts";
import { mustHaveValue } from "./parameters.ts";
import { nullValue, unknownValue, type Value } from "./value.ts";

/** What the parameters of a file are given; without, the file is looked at for any parameters. */
export type Arguments = ReadonlyMap<string, Value> | undefined;

/** The names of one file, each evaluated when it is first needed. */
export class FileScope implements Scope {
  readonly world: World;
  readonly path: string;
  readonly #declared: ReadonlyMap<string, Declaration>;
  readonly #source: SourceFile;
  readonly #args: Arguments;
  readonly #values = new Map<string, Value>();
  readonly #open = new Set<string>();
  readonly #imports = new Map<string, FileScope | undefined>();

  constructor(source: SourceFile, args: Arguments, world: World) {
    this.world = world;
    this.path = source.path;
    this.#source = source;
    this.#args = args;
    this.#declared = new Map(
      source.declarations.filter(({ kind }) => kind !== "output").map((one) => [one.name, one]),
    );
  }

  /** Evaluates everything in the file, and so deploys its resources. */
  run(): void {
    for (const one of this.#source.declarations) {
      if (one.kind === "output") this.output(one.name);
      else this.find(one.name);
    }
  }

  find(name: string): Value | undefined {
    const known = this.#values.get(name);
    if (known) return known;
    const declared = this.#declared.get(name);
    if (!declared || declared.kind === "output") return undefined;
    if (this.#open.has(name)) {
      this.world.findings.report(declared.at, `"${name}" needs itself`);
      return unknownValue(name);
    }
    this.#open.add(name);
    const value = this.#evaluate(declared);
    this.#open.delete(name);
    if (value) this.#values.set(name, value);
    return value;
  }

  /** What a parameter may be; undefined if the file has none of that name. */
  parameterType(name: string): SchemaType | undefined {
    const declared = this.#declared.get(name);
    return declared?.kind === "param"
      ? toSchemaType(declared.type, this.#namedType, declared.decorators)
      : undefined;
  }

  /** The parameters that must be given, and are not. */
  missing(): string[] {
    const parameters = this.#source.declarations.filter((one) => one.kind === "param");
    return parameters
      .filter((one) => mustHaveValue(one) && !this.#args?.has(one.name))
      .map(({ name }) => name);
  }

  /** What an output is declared to be; undefined if the file has none of that name. */
  outputType(name: string): SchemaType | undefined {
    const declared = this.#source.declarations.find((one) => one.kind === "output" && one.name === name);
    return declared?.kind === "output"
      ? toSchemaType(declared.type, this.#namedType, declared.decorators)
      : undefined;
  }

  /** The value of an output; undefined if the file has none of that name. */
  output(name: string): Value | undefined {
    const output = this.#source.declarations.find((one) => one.kind === "output" && one.name === name);
    if (output?.kind !== "output") return undefined;
    const value = evaluate(output.value, this);
    const type = toSchemaType(output.type, this.#namedType, output.decorators);
    checkValue(value, type, { at: output.at, path: `output ${name}`, findings: this.world.findings });
    return value.kind === "unknown" && value.type.kind === "any" ? { ...value, type } : value;
  }

  findFunction(name: string): { declaration: FunctionDeclaration; scope: Scope } | undefined {
    const [first = "", second] = name.split(".");
    const declared = this.#declared.get(first);
    if (declared?.kind === "func" && second === undefined) return { declaration: declared, scope: this };
    if (declared?.kind !== "import") return undefined;
    return this.#imported(declared)?.findFunction(declared.source ?? second ?? "");
  }

  findType(type: TypeExpression): SchemaType {
    return toSchemaType(type, this.#namedType);
  }

  readonly #namedType = (name: string, of: string | undefined): SchemaType | undefined => {
    const declared = this.#declared.get(of ?? name);
    if (declared?.kind === "type") return toSchemaType(declared.type, this.#namedType, declared.decorators);
    if (declared?.kind !== "import") return undefined;
    const named = { at: declared.at, kind: "named" as const, name: declared.source ?? name, of: undefined };
    return this.#imported(declared)?.findType(named);
  };

  #checkDefault(value: Value, { at, name }: Declaration, type: SchemaType): void {
    checkValue(value, type, { at, path: `the default of ${name}`, findings: this.world.findings });
  }

  /** Why another file cannot import this; undefined if it can. */
  #refuse({ source }: Import): string | undefined {
    if (source === undefined) return undefined;
    const exported = this.#source.declarations.filter(({ decorators }) =>
      decorators.some(({ name }) => name === "export"),
    );
    const names = exported.map(({ name }) => name);
    return names.includes(source)
      ? undefined
      : `${this.path} exports no "${source}": ${suggest(source, names)}`;
  }

  #imported(declared: Import): FileScope | undefined {
    const path = posix.join(posix.dirname(this.path), declared.path);
    if (!this.#imports.has(path)) {
      const source = this.world.source(path);
      this.#imports.set(path, source && new FileScope(source, undefined, this.world));
    }
    return this.#imports.get(path);
  }

  #evaluate(declared: Exclude<Declaration, { kind: "output" }>): Value | undefined {
    switch (declared.kind) {
      case "param": {
        const type = toSchemaType(declared.type, this.#namedType, declared.decorators);
        if (!this.#args) {
          if (declared.fallback) this.#checkDefault(evaluate(declared.fallback, this), declared, type);
          return unknownValue(declared.name, type);
        }
        const given = this.#args.get(declared.name);
        if (given) return given.kind === "unknown" && given.type.kind === "any" ? { ...given, type } : given;
        if (declared.fallback) return evaluate(declared.fallback, this);
        return mustHaveValue(declared) ? unknownValue(declared.name, type) : nullValue;
      }
      case "var":
        return evaluate(declared.value, this);
      case "resource":
        return deployResource(declared, this);
      case "module":
        return deployModule(declared, this, (source, args) => new FileScope(source, args, this.world));
      case "import": {
        const imported = this.#imported(declared);
        const fault = imported ? imported.#refuse(declared) : `there is no Bicep file ${declared.path}`;
        if (fault !== undefined) this.world.findings.report(declared.at, fault);
        if (declared.source !== undefined) return imported?.find(declared.source);
        return { ...unknownValue(declared.name), members: (name) => imported?.find(name) };
      }
      default:
        return undefined;
    }
  }
}
