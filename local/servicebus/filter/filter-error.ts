/** A filter or an action that cannot be evaluated for this message. The message is at fault, or the rule; the broker is not. */
export class FilterError extends Error {
  override readonly name = "FilterError";
}
