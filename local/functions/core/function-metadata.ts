/** One binding of a function: what the library sends, the user's options beside the three fixed members. */
export interface Binding {
  readonly name: string;
  readonly type: string;
  readonly direction: "in" | "out";
  readonly [option: string]: unknown;
}

/** A duration as the library reports it; it has rounded to whole seconds. */
export interface DurationSeconds {
  readonly seconds: number;
}

/** The retry policy of a function, as the library reports it. */
export interface RetryOptions {
  readonly maxRetryCount: number;
  readonly retryStrategy: "fixedDelay" | "exponentialBackoff";
  readonly delayInterval?: DurationSeconds;
  readonly minimumInterval?: DurationSeconds;
  readonly maximumInterval?: DurationSeconds;
}

/** One function of the app. The key of a binding is its name; `$return` is the return value. */
export interface FunctionMetadata {
  readonly name: string;
  readonly functionId: string;
  readonly bindings: Readonly<Record<string, Binding>>;
  readonly retryOptions?: RetryOptions;
}

/** The binding whose type ends in `Trigger`; a function without one cannot run. */
export function triggerOf(metadata: FunctionMetadata): Binding | undefined {
  return Object.values(metadata.bindings).find((binding) => binding.type.toLowerCase().endsWith("trigger"));
}

/** The bindings that a finished invocation writes to, the HTTP response excepted. */
export function outputsOf(metadata: FunctionMetadata): Binding[] {
  return Object.entries(metadata.bindings)
    .filter(([, binding]) => binding.direction === "out" && binding.type.toLowerCase() !== "http")
    .map(([name, binding]) => ({ ...binding, name }));
}
