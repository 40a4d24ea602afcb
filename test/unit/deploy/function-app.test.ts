import { afterEach, describe, expect, test } from "vitest";
import { askAs } from "../../../infra/deploy/azure.ts";
import { DeployError, FunctionApp } from "../../../infra/deploy/function-app.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { ScriptedServer, type Answer } from "../../support/scripted-server.ts";

const app = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Web/sites/func-web-0";
const credential = { getToken: async () => await Promise.resolve({ token: "token", expiresOnTimestamp: 0 }) };

let server: ScriptedServer | undefined;
afterEach(async () => {
  await server?.[Symbol.asyncDispose]();
  server = undefined;
});

/** What the test's Azure answers; each answer is given until the next is called for. */
interface Azure {
  reference: string[];
  upload: number[];
  deployment: object[];
  readiness: object[];
}

/** Takes the first of several, and keeps the last. */
const next = <T>(answers: T[]): T | undefined => (answers.length > 1 ? answers.shift() : answers[0]);

function azure(answers: Azure): Answer {
  return (response, { path }) => {
    const origin = new URL(server?.url ?? "");
    const send = (status: number, body: object, headers = {}) =>
      response
        .writeHead(status, { "content-type": "application/json", ...headers })
        .end(JSON.stringify(body));
    if (path.includes("/api/zipdeploy"))
      return send(next(answers.upload) ?? 202, {}, { location: `${origin.origin}/api/deployments/latest` });
    if (path.includes("/api/deployments")) return send(200, next(answers.deployment) ?? {});
    if (path.includes("/api/health/ready")) return send(200, next(answers.readiness) ?? {});
    if (path.includes("/refresh")) return send(200, {});
    if (path.includes("/configreferences/"))
      return send(200, { properties: { status: next(answers.reference) } });
    return send(200, {
      properties: {
        defaultHostName: origin.host,
        hostNameSslStates: [
          { name: "app", hostType: "Standard" },
          { name: origin.host, hostType: "Repository" },
        ],
      },
    });
  };
}

const done = { complete: true, status: 4 };
const readiness = (incarnation: string, status = "ready") => ({ status, incarnation, checks: {} });

async function start(answers: Partial<Azure>, act: "deploy" | "restart" = "deploy") {
  server = await ScriptedServer.start(
    azure({
      reference: ["Resolved"],
      upload: [202],
      deployment: [done],
      readiness: [readiness("old"), readiness("new")],
      ...answers,
    }),
  );
  const clock = new ManualClock();
  const functionApp = new FunctionApp(askAs(credential, server.url), clock, app, "http");
  const acting = act === "deploy" ? functionApp.deploy(Buffer.from("the package")) : functionApp.restart();
  const outcome = acting.then(
    () => "deployed",
    (error: unknown) => error,
  );
  return { server, clock, outcome };
}

/** Moves the clock on whenever the deployment waits, until it has come to an end. */
async function outcomeOf({ clock, outcome }: Awaited<ReturnType<typeof start>>): Promise<unknown> {
  const over = new AbortController();
  void outcome.then(() => over.abort());
  while (!over.signal.aborted) await clock.advance(10_000);
  return await outcome;
}

describe("a deployment to one app", () => {
  test("sends the package as whoever is signed in, and ends when a new incarnation is ready", async () => {
    const deployment = await start({
      readiness: [readiness("old"), readiness("old"), readiness("new", "not-ready"), readiness("new")],
    });
    expect(await outcomeOf(deployment)).toBe("deployed");
    const [upload] = deployment.server.askedAt("/api/zipdeploy?isAsync=true");
    expect(upload).toMatchObject({ method: "POST", headers: { authorization: "Bearer token" } });
    expect(deployment.server.askedAt("/api/health/ready")).toHaveLength(4);
  });

  test("of a package at a URL restarts the app instead of sending anything", async () => {
    const deployment = await start({}, "restart");
    expect(await outcomeOf(deployment)).toBe("deployed");
    const posted = deployment.server.asked.filter(({ method }) => method === "POST");
    expect(posted.map(({ path }) => path.split("?")[0])).toEqual([`${app}/restart`]);
  });

  test("waits until the secret can be read, and has the platform look again, before it sends anything", async () => {
    const deployment = await start({ reference: ["AccessToKeyVaultDenied", "Resolved"] });
    expect(await outcomeOf(deployment)).toBe("deployed");
    const paths = deployment.server.asked.map(({ path }) => path.split("?")[0]);
    expect(paths.indexOf(`${app}/config/configreferences/appsettings/refresh`)).toBeGreaterThan(0);
    expect(paths.indexOf(`${app}/config/configreferences/appsettings/refresh`)).toBeLessThan(
      paths.indexOf("/api/zipdeploy"),
    );
  });

  test("gives up on a secret that cannot be read, and says why", async () => {
    const outcome = await outcomeOf(await start({ reference: ["AccessToKeyVaultDenied"] }));
    expect(outcome).toBeInstanceOf(DeployError);
    expect(String(outcome)).toContain("SESSION_TOKEN_SECRET could not be read from the key vault: AccessTo");
  });

  test("sends the package again when the deployment service is busy", async () => {
    const deployment = await start({ upload: [503, 409, 202] });
    expect(await outcomeOf(deployment)).toBe("deployed");
    expect(deployment.server.askedAt("/api/zipdeploy?isAsync=true")).toHaveLength(3);
  });

  test("ends at once when nobody may deploy here, with what Azure said", async () => {
    expect(String(await outcomeOf(await start({ upload: [403] })))).toMatch(/zipdeploy.* was answered 403/);
  });

  test("ends when the package is refused", async () => {
    const outcome = await outcomeOf(
      await start({ deployment: [{ complete: true, status: 3, status_text: "no space" }] }),
    );
    expect(String(outcome)).toContain("the package was refused: no space");
  });

  test("gives up on an instance that does not become ready, and says what is missing", async () => {
    const checks = { serviceBus: "the link is closed" };
    const outcome = await outcomeOf(
      await start({ readiness: [readiness("old"), { ...readiness("new", "not-ready"), checks }] }),
    );
    expect(String(outcome)).toContain(
      'the instance did not become ready: {"serviceBus":"the link is closed"}',
    );
  });
});
