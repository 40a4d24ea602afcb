import { expect } from "vitest";
import { readSessionRow } from "../../shared/presence/session-row.ts";
import { newSessionId } from "../../shared/presence/sessions.ts";
import { crashed, type PresenceCluster } from "./presence-cluster.ts";

const web = "web-0";

/** Registers a session on an instance. Gives its id, whatever becomes of the instance. */
export async function register(cluster: PresenceCluster, instance = web): Promise<string> {
  const session = newSessionId();
  const registering = { session, user: `user-${session.slice(0, 4)}`, metadata: {}, broadcastFrom: 0 };
  await cluster.run(instance, async ({ presence }) => {
    await presence.sessions.register(registering);
    presence.lives.seen(session);
  });
  return session;
}

/** Sends messages one after the other, as a client does: one whose instance dies goes to another instance, with the same key. */
export async function send(
  cluster: PresenceCluster,
  from: string,
  session: string,
  texts: readonly string[],
): Promise<void> {
  for (const text of texts) {
    const sending = {
      from: { sessionId: "sender", userName: "bob" },
      to: { session },
      content: { text },
      key: text,
    };
    let at = from;
    while ((await cluster.run(at, ({ presence }) => presence.sender.send(sending))) === crashed)
      at = cluster.living()[0]?.id ?? from;
  }
}

/** The client lists of all living instances are what the heads say, and so are the rows of `Sessions`. */
export async function expectAgreement(cluster: PresenceCluster): Promise<void> {
  const heads = (await cluster.heads()).filter(({ closed }) => !closed);
  const truth = heads.map(({ session, version, owner }) => `${session} ${version} ${owner.instance}`).sort();
  for (const { id, presence } of cluster.living()) {
    const listed = presence.roster
      .list()
      .map(({ session, version, instance }) => `${session} ${version} ${instance}`);
    expect({ at: id, listed }).toEqual({ at: id, listed: truth });
  }
  const rows = (await cluster.tables.sessions.everything()).map(readSessionRow);
  const open = rows
    .filter(({ state }) => state !== "closed")
    .map(({ session, version, owner, state }) => `${session} ${version} ${owner.instance} ${state}`)
    .sort();
  expect(open).toEqual(truth.map((line) => `${line} open`));
}
