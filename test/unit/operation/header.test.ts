import { expect, test } from "vitest";
import { maxReasonLength } from "../../../shared/operation/answer.ts";
import { headerFromRow, headerToRow, type Header } from "../../../shared/operation/header.ts";
import { requestLimits } from "../../../shared/operation/message.ts";
import { viewNew } from "../../../shared/operation/view.ts";
import { InMemoryTable } from "../../support/in-memory-table.ts";
import { headerWith } from "./header-with.ts";

/** What a row of Table Storage and a Service Bus message of the standard tier hold. */
const maxRowBytes = 1_048_576;
const maxMessageBytes = 262_144;
const bytesForEachCharacter = 2;

/** As much as an operation can ever have to say. */
function fullest(): Header {
  const name = (number: number) => `${number}`.padStart(40, "n");
  const numbers = Array.from({ length: requestLimits.maxInstances }, (_, number) => number);
  return headerWith({
    targets: numbers.map((number) => ({
      instance: name(number),
      role: name(1),
      incarnation: "i".repeat(36),
      wave: 100_000,
      releasedAtMs: 99_999_999,
      underwayAtMs: 99_999_999,
      outcome: { state: "timed-out", phase: "execution", reason: "r".repeat(maxReasonLength) },
    })),
    request: {
      roles: Array.from({ length: requestLimits.maxRoles }, (_, number) => name(number)),
      instances: numbers.map(name),
      from: "f".repeat(requestLimits.maxFromLength),
      tag: "t".repeat(requestLimits.maxTagLength),
      data: "d".repeat(requestLimits.maxDataLength - 2),
    },
  });
}

async function roundTrip(header: Header): Promise<Header> {
  const table = new InMemoryTable();
  const row = headerToRow(header);
  await table.insert(row);
  const stored = await table.read(row.partitionKey, row.rowKey);
  if (!stored) throw new Error("The row is not there");
  return headerFromRow(stored);
}

test("a header is read as it was written", async () => {
  const header = headerWith({
    tickAtMs: 1,
    reply: { entity: "replies", sessionId: "s", correlationId: "c" },
    endedAt: "2026-01-01T00:00:01.000Z",
    targets: [
      {
        instance: "web-0",
        role: "web",
        incarnation: "i",
        wave: 1,
        releasedAtMs: 0,
        outcome: { state: "recycled" },
      },
      { instance: "web-1", role: "web", incarnation: "j" },
    ],
    request: { data: { nested: [null, 1, "ü"] }, maxUnavailable: "25%" },
  });
  expect(await roundTrip(header)).toEqual(header);
});

test("the fullest header that the limits allow fits into its row", async () => {
  const header = fullest();
  const texts = Object.values(headerToRow(header)).map(String).join("");
  expect(texts.length * bytesForEachCharacter).toBeLessThan(maxRowBytes);
  expect(await roundTrip(header)).toEqual(header);
});

test("its end can be told in one message", () => {
  expect(Buffer.byteLength(JSON.stringify(viewNew(fullest())))).toBeLessThan(maxMessageBytes);
});

test("a row that is not a header is refused", () => {
  expect(() => headerFromRow({ etag: "e", partitionKey: "p", rowKey: "header", document: "{}" })).toThrow(
    /id/,
  );
});
