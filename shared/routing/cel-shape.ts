import { parse } from "@bufbuild/cel";

type Parsed = ReturnType<typeof parse>;
type Expr = NonNullable<Parsed["expr"]>;

/** What an expression uses, found without running it. */
export interface CelShape {
  /** Names that no macro has bound. */
  variables: ReadonlySet<string>;
  functions: ReadonlySet<string>;
  /** How deep macros that walk a list lie in each other. */
  macroDepth: number;
  additions: number;
}

/** Looks through a parsed expression. */
export function shapeOf(parsed: Parsed): CelShape {
  const found = { variables: new Set<string>(), functions: new Set<string>(), additions: 0 };
  const depthOf = (expr: Expr | undefined, bound: ReadonlySet<string>): number => {
    const kind = expr?.exprKind;
    const deepest = (parts: readonly (Expr | undefined)[], names = bound): number =>
      Math.max(0, ...parts.map((part) => depthOf(part, names)));
    switch (kind?.case) {
      case "identExpr":
        if (!bound.has(kind.value.name)) found.variables.add(kind.value.name);
        return 0;
      case "selectExpr":
        return depthOf(kind.value.operand, bound);
      case "callExpr":
        found.functions.add(kind.value.function);
        if (kind.value.function === "_+_") found.additions += 1;
        return deepest([kind.value.target, ...kind.value.args]);
      case "listExpr":
        return deepest(kind.value.elements);
      case "structExpr":
        return deepest(
          kind.value.entries.flatMap((entry) => [
            entry.keyKind.case === "mapKey" ? entry.keyKind.value : undefined,
            entry.value,
          ]),
        );
      case "comprehensionExpr": {
        const { iterVar, iterVar2, accuVar, iterRange, accuInit, loopCondition, loopStep, result } =
          kind.value;
        const inside = new Set([...bound, iterVar, iterVar2, accuVar]);
        const inner = deepest([loopCondition, loopStep, result], inside);
        return Math.max(1 + inner, deepest([iterRange, accuInit]));
      }
      default:
        return 0;
    }
  };
  const macroDepth = depthOf(parsed.expr, new Set());
  return { ...found, macroDepth };
}
