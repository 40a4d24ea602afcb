import { RestError, TableClient } from "@azure/data-tables";
import { expect, test } from "vitest";
import { limitEachTry } from "../../../shared/table/request-timeout.ts";
import { startSilentServer } from "../../support/silent-server.ts";

const timeoutMs = 30;
const maxRetries = 2;

test("a try that is never answered is repeated, and in the end reported as an outage", async () => {
  await using server = await startSilentServer();
  let tries = 0;
  const client = TableClient.fromConnectionString(
    `DefaultEndpointsProtocol=http;AccountName=a;AccountKey=a2V5;TableEndpoint=http://127.0.0.1:${server.port}/a;`,
    "Silent",
    {
      allowInsecureConnection: true,
      retryOptions: { maxRetries, retryDelayInMs: 1, maxRetryDelayInMs: 1 },
      additionalPolicies: [
        { policy: limitEachTry(timeoutMs), position: "perRetry" },
        {
          policy: { name: "count", sendRequest: (request, next) => ((tries += 1), next(request)) },
          position: "perRetry",
        },
      ],
    },
  );
  const failure: unknown = await client.getEntity("p", "r").catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(RestError);
  expect(failure).toMatchObject({
    code: "ETIMEDOUT",
    message: "Table Storage did not answer within 30 ms",
  });
  expect(tries).toBe(1 + maxRetries);
});
