import { TableClient } from "@azure/data-tables";
import { describe, expect, test } from "vitest";

import { isFree } from "../../local/fleet/ports.ts";
import { startTables } from "../../local/tables/tables.ts";

const open = (connectionString: string): TableClient =>
  TableClient.fromConnectionString(connectionString, "Things", {
    allowInsecureConnection: true,
    retryOptions: { maxRetries: 0 },
  });

describe("the table service", () => {
  test("keeps entities until it is closed, and compares and swaps", async () => {
    const tables = await startTables({ port: 0 });
    const things = open(tables.connectionString);
    await things.createTable();
    const { etag } = await things.createEntity({ partitionKey: "p", rowKey: "r", size: 1 });
    const size = async (): Promise<unknown> => (await things.getEntity("p", "r"))["size"];

    await things.updateEntity({ partitionKey: "p", rowKey: "r", size: 2 }, "Replace", { etag: etag ?? "" });
    await expect(
      things.updateEntity({ partitionKey: "p", rowKey: "r", size: 3 }, "Replace", { etag: etag ?? "" }),
    ).rejects.toMatchObject({ statusCode: 412 });

    expect(await size()).toBe(2);
    await tables.close();
    await tables.close();
    expect(await isFree(tables.port)).toBe(true);
  });

  test("begins empty on the port it is given", async () => {
    const first = await startTables({ port: 0 });
    await open(first.connectionString).createTable();
    await first.close();

    const second = await startTables({ port: first.port });
    await open(second.connectionString).createTable();
    expect(second.port).toBe(first.port);
    await second.close();
  });

  test("says so when its port is taken", async () => {
    const first = await startTables({ port: 0 });
    await expect(startTables({ port: first.port })).rejects.toThrow(
      `The table service cannot listen on port ${first.port}`,
    );
    await first.close();
  });
});
