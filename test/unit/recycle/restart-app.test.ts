import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { afterEach, beforeEach, expect, test } from "vitest";
import { restartThroughManagement } from "../../../shared/recycle/restart-app.ts";

const site = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Web/sites/web-0";

let server: Server;
let endpoint: string;
let calls: Pick<IncomingMessage, "method" | "url" | "headers">[];
let status: number;

beforeEach(async () => {
  calls = [];
  status = 200;
  server = createServer((request, response) => {
    calls.push(request);
    response.writeHead(status).end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  endpoint = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
});

afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, "close");
});

const credential = {
  getToken: async (scopes: string | string[]) => ({ token: `for ${String(scopes)}`, expiresOnTimestamp: 0 }),
};

test("the platform is asked to restart this app, as its own identity", async () => {
  await restartThroughManagement(site, credential, endpoint)();
  expect(calls).toHaveLength(1);
  expect(calls[0]?.method).toBe("POST");
  expect(calls[0]?.url).toBe(`${site}/restart?softRestart=false&api-version=2024-11-01`);
  expect(calls[0]?.headers.authorization).toBe(`Bearer for ${endpoint}/.default`);
});

test("what the platform refuses is an error that says so", async () => {
  status = 403;
  await expect(restartThroughManagement(site, credential, endpoint)()).rejects.toThrow(
    `Azure answered 403 to the restart of ${site}`,
  );
});

test("a platform that cannot be reached is an error too", async () => {
  await expect(restartThroughManagement(site, credential, "http://127.0.0.1:1")()).rejects.toThrow(
    "fetch failed",
  );
});
