import { describe, expect, test } from "vitest";

import { ArgumentError, parseArguments } from "../../../local/fleet/arguments.ts";
import { InstanceListError } from "../../../local/fleet/instance-list.ts";

describe("the command line of npm start", () => {
  test("means three instances and preferred ports when it says nothing", async () => {
    const { fleet, logFormat, verbose, quiet } = await parseArguments([]);

    expect(fleet).toEqual({
      instances: [
        { id: "web-0", role: "web" },
        { id: "web-1", role: "web" },
        { id: "api-0", role: "api" },
      ],
      stateDir: ".local",
    });
    expect({ logFormat, verbose, quiet }).toEqual({ logFormat: "text", verbose: false, quiet: false });
  });

  test("takes instances, ports, somebody else's services and how to print", async () => {
    const words =
      "--instances web=1 --port 0 --servicebus Endpoint=sb://x/;UseDevelopmentEmulator=true; --tables-port 10 --state-dir s --log-format json --quiet";
    expect(await parseArguments(words.split(" "))).toEqual({
      fleet: {
        instances: [{ id: "web-0", role: "web" }],
        port: 0,
        serviceBus: "Endpoint=sb://x/;UseDevelopmentEmulator=true;",
        tablesPort: 10,
        stateDir: "s",
      },
      logFormat: "json",
      verbose: false,
      quiet: true,
    });
  });

  test.each([
    [["--port", "70000"], /--port 70000 is not a port/],
    [["--port", "65534"], /from 0 to 65533/],
    [["--port", "-1"], /is not a port/],
    [["--tables-port", "x"], /--tables-port x is not a port/],
    [["--prot", "1"], /Unknown argument: prot/],
    [["extra"], /Unknown argument: extra/],
    [["--log-format", "xml"], /Choices: "text", "json"/],
    [["--servicebus", "localhost"], /--servicebus is not a connection string: it names no Endpoint/],
    [["--tables", "http://127.0.0.1"], /--tables is not a connection string: it names no AccountName/],
    [["--servicebus", "E", "--servicebus-port", "1"], /mutually exclusive/],
  ])("is refused: %j", async (argv, reason) => {
    const refused = parseArguments(argv);
    await expect(refused).rejects.toThrow(reason);
    await expect(refused).rejects.toBeInstanceOf(ArgumentError);
  });

  test("is refused when an instance list makes no sense", async () => {
    await expect(parseArguments(["--instances", "web"])).rejects.toBeInstanceOf(InstanceListError);
  });
});
