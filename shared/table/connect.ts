import { TableClient, type TableServiceClientOptions } from "@azure/data-tables";
import type { Connection } from "../kernel/config.ts";
import { appCredential } from "../kernel/credential.ts";
import { limitEachTry } from "./request-timeout.ts";
import { TableStore } from "./table-store.ts";

/** The tables of this package. */
export const tableNames = {
  instances: "Instances",
  operations: "Operations",
  sessions: "Sessions",
  mailboxes: "Mailboxes",
  counters: "Counters",
  routing: "Routing",
  routedMessages: "RoutedMessages",
} as const;

export interface Tables {
  instances: TableStore;
  operations: TableStore;
  sessions: TableStore;
  mailboxes: TableStore;
  counters: TableStore;
  routing: TableStore;
  routedMessages: TableStore;
}

/** A try that has not been answered by then counts as failed; the SDK tries again up to `maxRetries` times. */
const tryTimeoutMs = 10_000;
const clientOptions: TableServiceClientOptions = {
  retryOptions: { maxRetries: 4, retryDelayInMs: 200, maxRetryDelayInMs: 5_000 },
  additionalPolicies: [{ policy: limitEachTry(tryTimeoutMs), position: "perRetry" }],
};

/** Makes the clients of all tables; nothing is sent yet. */
export function connectTables(connection: Connection): Tables {
  const open = (name: string) => new TableStore(makeClient(connection, name));
  return {
    instances: open(tableNames.instances),
    operations: open(tableNames.operations),
    sessions: open(tableNames.sessions),
    mailboxes: open(tableNames.mailboxes),
    counters: open(tableNames.counters),
    routing: open(tableNames.routing),
    routedMessages: open(tableNames.routedMessages),
  };
}

/** Tables as start-up needs them. */
export type CreatableTables = Record<keyof Tables, Pick<TableStore, "ensure">>;

/** Creates the tables that do not exist. */
export async function ensureTables(tables: CreatableTables): Promise<void> {
  await Promise.all(Object.values(tables).map((table) => table.ensure()));
}

function makeClient(connection: Connection, name: string): TableClient {
  if ("connectionString" in connection) {
    return TableClient.fromConnectionString(connection.connectionString, name, {
      allowInsecureConnection: true,
      ...clientOptions,
    });
  }
  return new TableClient(connection.host, name, appCredential(connection.clientId), clientOptions);
}
