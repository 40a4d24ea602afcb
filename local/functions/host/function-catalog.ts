import { outputsOf, triggerOf, type Binding, type FunctionMetadata } from "../core/function-metadata.ts";
import type { OutputWriter } from "../core/listener.ts";
import { messageOf } from "../log/log.ts";
import type { Settings } from "../settings/settings.ts";
import { readRetryPolicy } from "./retry-policy.ts";

/** A function of the app as the host sees it. */
export interface HostedFunction {
  readonly metadata: FunctionMetadata;
  /** Undefined only for a function that is in error for want of one. */
  readonly trigger: Binding | undefined;
  readonly isDisabled: boolean;
  /** Why the function cannot run; the other functions of the app run all the same. */
  readonly problem?: string;
}

/** The trigger types that this host knows, in lower case. */
export const supportedTriggers = ["httptrigger", "servicebustrigger", "timertrigger"] as const;

const namePattern = /^[a-z][a-z0-9_-]{0,127}$/i;
const reservedName = "host";

/** Looks through the functions that the app registered: sorted by name as the real host sorts them, problems found. */
export function catalogFunctions(
  functions: readonly FunctionMetadata[],
  settings: Settings,
  outputs: Pick<OutputWriter, "problemWith">,
): HostedFunction[] {
  const only = settings.hostJson.functions?.map((name) => name.toLowerCase());
  return functions
    .filter(({ name }) => only === undefined || only.includes(name.toLowerCase()))
    .toSorted((a, b) => compareNames(a.name, b.name))
    .map((metadata, index, all): HostedFunction => {
      const previous = all[index - 1];
      const isTwin = previous?.name.toLowerCase() === metadata.name.toLowerCase();
      const problem = isTwin
        ? `another function is named '${previous?.name}'; names differ in more than case`
        : problemOf(metadata, outputs);
      const hosted = {
        metadata,
        trigger: triggerOf(metadata),
        isDisabled: settings.isDisabled(metadata.name),
      };
      return problem === undefined ? hosted : { ...hosted, problem };
    });
}

/** Whether a trigger is of a type; types are compared in any case. */
export function isTriggeredBy(hosted: HostedFunction, type: (typeof supportedTriggers)[number]): boolean {
  return hosted.trigger?.type.toLowerCase() === type;
}

function compareNames(left: string, right: string): number {
  const [a, b] = [left.toLowerCase(), right.toLowerCase()];
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function problemOf(
  metadata: FunctionMetadata,
  outputs: Pick<OutputWriter, "problemWith">,
): string | undefined {
  const { name } = metadata;
  if (!namePattern.test(name)) {
    return `'${name}' is not a function name: a letter, then at most 127 letters, digits, '-' or '_'`;
  }
  if (name.toLowerCase() === reservedName) return `the name '${name}' is reserved`;
  const trigger = triggerOf(metadata);
  if (trigger === undefined) return "it has no trigger";
  const types: readonly string[] = supportedTriggers;
  if (!types.includes(trigger.type.toLowerCase())) {
    return `the trigger type '${trigger.type}' is not supported by the local host`;
  }
  return bindingProblem(metadata, trigger, outputs);
}

function bindingProblem(
  metadata: FunctionMetadata,
  trigger: Binding,
  outputs: Pick<OutputWriter, "problemWith">,
): string | undefined {
  const all = Object.values(metadata.bindings);
  const deferred = all.find((binding) => usesSdkBinding(binding));
  if (deferred !== undefined) {
    return `'${deferred.name}' asks for an SDK binding (sdkBinding: true), which the local host does not support`;
  }
  const input = all.find((binding) => binding.direction === "in" && binding.name !== trigger.name);
  if (input !== undefined) return `the input binding type '${input.type}' is not supported by the local host`;
  for (const output of outputsOf(metadata)) {
    const problem = outputs.problemWith(output);
    if (problem !== undefined) return problem;
  }
  const isHttp = trigger.type.toLowerCase() === "httptrigger";
  const response = all.find(
    (binding) => binding.direction === "out" && binding.type.toLowerCase() === "http",
  );
  if (response !== undefined && !isHttp) return "it returns an HTTP response but has no HTTP trigger";
  try {
    readRetryPolicy(metadata.retryOptions);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

function usesSdkBinding({ properties }: Binding): boolean {
  return (
    typeof properties === "object" &&
    properties !== null &&
    "supportsDeferredBinding" in properties &&
    properties.supportsDeferredBinding === "true"
  );
}
