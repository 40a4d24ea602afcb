/** Kinds of errors, as the conformance cases of the language name them. */
export type CesqlErrorKind =
  | "parse"
  | "math"
  | "cast"
  | "missingAttribute"
  | "missingFunction"
  | "functionEvaluation";

/** Why an expression cannot be compiled. */
export class CesqlFault extends Error {
  override readonly name = "CesqlFault";
  readonly kind: CesqlErrorKind;

  constructor(kind: "parse" | "missingFunction", message: string) {
    super(message);
    this.kind = kind;
  }
}
