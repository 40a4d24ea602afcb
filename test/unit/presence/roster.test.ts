import { beforeEach, describe, expect, test } from "vitest";
import { Roster, type RosterEvent } from "../../../shared/presence/roster.ts";
import type { Change } from "../../../shared/presence/notification.ts";

const owner = { instance: "web-0", incarnation: "life-1", epoch: 1 };

let roster: Roster;
let events: RosterEvent[];
let seq: number;

beforeEach(() => {
  events = [];
  seq = 0;
  roster = new Roster((news) => events.push(...news));
  roster.replace({ owner, tail: 0, rows: [] });
});

function tell(...changes: Change[]): void {
  roster.apply({ type: "changes", ...owner, seq: (seq += 1), changes });
}

const open = (session: string, user: string, version = 1): Change => ({
  state: "open",
  session,
  user,
  metadata: {},
  version,
});
const closed = (session: string, version = 2): Change => ({
  state: "closed",
  session,
  version,
  reason: "closed",
});

describe("the sessions of a user", () => {
  test("are those of all devices, and of nobody else", () => {
    tell(open("s1", "ada"), open("s2", "bob"), open("s3", "ada"));
    expect(roster.ofUser("ada").map(({ session }) => session)).toEqual(["s1", "s3"]);
    expect(roster.ofUser("nobody")).toEqual([]);
  });

  test("are gone with the last", () => {
    tell(open("s1", "ada"));
    tell(closed("s1"));
    expect(roster.ofUser("ada")).toEqual([]);
    expect(events.map(({ kind }) => kind)).toEqual(["joined", "left"]);
  });
});

describe("that a session has closed", () => {
  const look = (times: number) => {
    for (let time = 0; time < times; time += 1) roster.settleMissing();
  };
  /** What an instance that has been away for long still says of it. */
  const sayOld = () =>
    roster.replace({
      owner: { instance: "web-1", incarnation: "old", epoch: 1 },
      tail: 0,
      rows: [
        {
          owner: { instance: "web-1", incarnation: "old", epoch: 1 },
          epoch: 1,
          session: "s1",
          user: "ada",
          metadata: {},
          version: 1,
          state: "open",
          reason: undefined,
          acknowledged: 0,
          writtenAt: "",
          etag: "",
        },
      ],
    });

  test("is known for long enough to outlast what is older", () => {
    tell(open("s1", "ada"));
    tell(closed("s1"));
    look(59);
    sayOld();
    expect(roster.list()).toEqual([]);
  });

  test("is forgotten in the end, so that nothing stays of sessions that ended long ago", () => {
    tell(open("s1", "ada"));
    tell(closed("s1"));
    look(61);
    sayOld();
    expect(roster.list()).toMatchObject([{ session: "s1" }]);
  });
});
