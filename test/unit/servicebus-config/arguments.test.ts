import { describe, expect, it } from "vitest";

import { parseArguments } from "../../../local/servicebus/arguments.ts";

describe("the broker's command line", () => {
  it("has the official emulator's ports and key where nothing is said", async () => {
    expect(await parseArguments([])).toMatchObject({
      config: "infra/topology.json",
      host: "127.0.0.1",
      port: 5672,
      adminPort: 5300,
      keyName: "RootManageSharedAccessKey",
      key: "SAS_KEY_VALUE",
      printEmulatorConfig: false,
    });
  });

  it("takes what is said", async () => {
    const argv = [
      "--config",
      "x.json",
      "--port",
      "0",
      "--admin-port",
      "81",
      "--instances",
      "web=2,api-7",
      "--key",
      "k",
    ];
    expect(await parseArguments(argv)).toMatchObject({
      config: "x.json",
      port: 0,
      adminPort: 81,
      key: "k",
      instances: [
        { id: "web-0", role: "web" },
        { id: "web-1", role: "web" },
        { id: "api-7", role: "api" },
      ],
    });
  });

  it.each([
    [["--port", "many"], /--port many is not a port: it must be a number from 0 to 65535/],
    [["--admin-port", "70000"], /--admin-port 70000 is not a port/],
    [["--colour"], /Unknown argument: colour/],
    [["--instances", "web"], /"web" is not an instance/],
  ])("is refused with the reason: %j", async (argv, problem) => {
    await expect(parseArguments(argv)).rejects.toThrow(problem);
  });
});
