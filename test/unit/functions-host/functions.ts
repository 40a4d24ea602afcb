import type { Binding, FunctionMetadata } from "../../../local/functions/core/function-metadata.ts";
import type { HostedFunction } from "../../../local/functions/host/function-catalog.ts";

/** An HTTP function as the library reports it. */
export function httpMetadata(
  name: string,
  trigger: Readonly<Record<string, unknown>> = {},
): FunctionMetadata {
  return metadataOf(name, {
    req: { name: "req", type: "httpTrigger", direction: "in", methods: ["GET", "POST"], ...trigger },
    $return: { name: "$return", type: "http", direction: "out" },
  });
}

/** A function with any bindings. */
export function metadataOf(name: string, bindings: Readonly<Record<string, Binding>>): FunctionMetadata {
  return { name, functionId: name, bindings };
}

/** An HTTP function in the host, without a problem. */
export function hostedHttp(name: string, trigger: Readonly<Record<string, unknown>> = {}): HostedFunction {
  const metadata = httpMetadata(name, trigger);
  return { metadata, trigger: metadata.bindings["req"], isDisabled: false };
}
