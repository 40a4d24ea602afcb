import { RestError, type TableServiceClientOptions } from "@azure/data-tables";

type PipelinePolicy = NonNullable<TableServiceClientOptions["additionalPolicies"]>[number]["policy"];

/**
 * Gives up on a single try after so long, in the way that makes the SDK try again. The SDK itself waits for ever: a connection that
 * died without a word would hold a heartbeat, and with it every later write of that row.
 */
export function limitEachTry(timeoutMs: number): PipelinePolicy {
  return {
    name: "interroleRequestTimeout",
    async sendRequest(request, next) {
      request.timeout = timeoutMs;
      try {
        return await next(request);
      } catch (error) {
        if (!(error instanceof Error) || error.name !== "AbortError" || request.abortSignal?.aborted)
          throw error;
        throw new RestError(`Table Storage did not answer within ${timeoutMs} ms`, {
          code: "ETIMEDOUT",
          request,
        });
      }
    },
  };
}
