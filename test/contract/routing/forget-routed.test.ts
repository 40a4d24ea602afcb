import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startTables, type Tables as TableService } from "../../../local/tables/tables.ts";
import { ForgetRouted, forgetLog } from "../../../shared/routing/forget-routed.ts";
import { Log } from "../../../shared/kernel/log.ts";
import { connectTables, ensureTables, type Tables } from "../../../shared/table/connect.ts";
import { ManualClock } from "../../support/manual-clock.ts";

const dayMs = 86_400_000;
const hourMs = 3_600_000;

let service: TableService;
let tables: Tables;
let clock: ManualClock;
let events: string[];

beforeAll(async () => {
  service = await startTables({ port: 0 });
  tables = connectTables(service);
  await ensureTables(tables);
});

beforeEach(() => {
  clock = new ManualClock();
  events = [];
});

afterAll(() => service.close());

/** An instance's row as it was last written so many days from now. */
const member = (id: string, inDays: number, state = "ready") => ({
  incarnation: id,
  state,
  lastSeen: new Date(Date.now() + inDays * dayMs).toISOString(),
});

function forgetting(table: ConstructorParameters<typeof ForgetRouted>[0]["table"] = tables.routedMessages) {
  const write = (line: string) => void events.push(String(JSON.parse(line).event));
  const log = forgetLog(new Log({ instance: "web-0", role: "web" }, clock, write));
  return new ForgetRouted({ table, self: () => "me", retentionDays: 30, clock, log });
}

/** Two rows for each of so many messages. */
async function fill(messages: number): Promise<void> {
  for (let message = 0; message < messages; message += 1)
    await tables.routedMessages.transact(
      ["decision", "b0"].map((rowKey) => ({
        insert: { partitionKey: message.toString(16).padStart(32, "0"), rowKey },
      })),
    );
}

const left = async () => (await tables.routedMessages.everything()).length;

describe("what is known of messages", () => {
  test("goes when nobody has written it for the time that is set, and not before", async () => {
    await fill(8);
    const forget = forgetting();
    await clock.advance(2 * hourMs);
    await forget.look([member("me", 29)]);
    expect(await left()).toBe(16);
    await clock.advance(2 * dayMs);
    await forget.look([member("me", 31)]);
    expect(await left()).toBe(0);
    expect(events).toEqual(["messages.forgotten"]);
  });

  test("goes page by page, a page at each heartbeat, and what is written meanwhile stays", async () => {
    await fill(8);
    const { routedMessages } = tables;
    let queries = 0;
    const forget = forgetting({
      remove: (row, etag) => routedMessages.remove(row, etag),
      pageOfOld: async (before, _size, from) => {
        queries += 1;
        const page = await routedMessages.pageOfOld(before, 6, from);
        const [row] = page.rows;
        if (queries === 1 && row) {
          const { partitionKey = "", rowKey = "", etag } = row;
          await routedMessages.replace({ partitionKey, rowKey, touched: true }, etag);
        }
        return page;
      },
    });
    await clock.advance(2 * hourMs);
    const counts: number[] = [];
    for (let beat = 0; beat < 4; beat += 1) {
      await forget.look([member("me", 31)]);
      counts.push(await left());
    }
    expect(counts).toEqual([11, 5, 1, 1]);
    expect(queries).toBe(3);
    await clock.advance(2 * dayMs);
    await forget.look([member("me", 31)]);
    expect(await left()).toBe(0);
  });

  test("is left to the first ready instance", async () => {
    await fill(1);
    const forget = forgetting();
    await clock.advance(2 * hourMs);
    await forget.look([member("starting", 31, "starting"), member("other", 31), member("me", 31)]);
    expect(await left()).toBe(2);
    await forget.look([member("starting", 31, "starting"), member("me", 31)]);
    expect(await left()).toBe(0);
  });

  test("stays when the table does not answer, until the next heartbeat", async () => {
    let isDown = true;
    const forget = forgetting({
      remove: async () => true,
      pageOfOld: async () => (isDown ? Promise.reject(new Error("down")) : { rows: [], next: undefined }),
    });
    await clock.advance(2 * hourMs);
    await forget.look([member("me", 31)]);
    expect(events).toEqual(["messages.not-forgotten"]);
    isDown = false;
    await forget.look([member("me", 31)]);
    expect(events).toHaveLength(1);
  });
});
