/** SQL's three-valued logic: `undefined` is UNKNOWN, the truth of what cannot be decided. */
export type Truth = boolean | undefined;

/** FALSE if any is false, else UNKNOWN if any is unknown. */
export function and(operands: Iterable<() => Truth>): Truth {
  let result: Truth = true;
  for (const operand of operands) {
    const truth = operand();
    if (truth === false) return false;
    if (truth === undefined) result = undefined;
  }
  return result;
}

/** TRUE if any is true, else UNKNOWN if any is unknown. */
export function or(operands: Iterable<() => Truth>): Truth {
  let result: Truth = false;
  for (const operand of operands) {
    const truth = operand();
    if (truth === true) return true;
    if (truth === undefined) result = undefined;
  }
  return result;
}

/** NOT UNKNOWN is UNKNOWN. */
export function not(truth: Truth): Truth {
  return truth === undefined ? undefined : !truth;
}
