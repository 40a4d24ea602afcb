import { randomUUID } from "node:crypto";
import { entities, instanceQueueOf } from "../bus/topology.ts";
import { markReaped } from "../fleet/mark-reaped.ts";
import type { Config } from "../kernel/config.ts";
import { presenceLimits } from "../presence/limits.ts";
import { Presence } from "../presence/presence.ts";
import { SendRates } from "../presence/rate.ts";
import { Registrar } from "../presence/registering.ts";
import { SessionTokens } from "../presence/token.ts";
import type { Edges } from "./edges.ts";
import type { Fleet } from "./fleet.ts";

export type PresenceSlice = ReturnType<typeof makePresence>;

/** Who is connected where, and messages to them. */
export function makePresence(
  config: Config,
  { tables, outbox, clock, faults, logs }: Edges,
  { registration, directory, lifetime }: Fleet,
) {
  const { instance } = config;
  const presence = new Presence({
    self: () => ({ instance, incarnation: registration.incarnation, epoch: registration.epoch }),
    isStillSelf: () => registration.isStillHeld(),
    setTail: (seq) => registration.setTail(seq),
    readMembers: () => directory.read(),
    markReaped: (role, id, epoch) => markReaped(tables.instances, role, id, epoch),
    sessionsTable: tables.sessions,
    mailboxesTable: tables.mailboxes,
    publish: (body) => outbox.send(entities.presence, { messageId: randomUUID(), subject: body.type, body }),
    sendTo: (to, body) =>
      outbox.send(instanceQueueOf(to), { messageId: randomUUID(), subject: body.type, body }),
    sendReapTick: (body, delayMs) =>
      outbox.send(entities.messages, { messageId: randomUUID(), subject: body.type, body, delayMs }),
    reject: (messageId, body, reason) =>
      outbox.send(entities.rejected, {
        messageId,
        subject: "rejected",
        body,
        applicationProperties: {
          source: "mailbox",
          reason: "session-closed",
          detail: `Its session has ended: ${reason}`,
        },
      }),
    graceMs: config.sessionGraceMs,
    endedRetentionMs: presenceLimits.endedRetentionMs,
    clock,
    faults,
    log: logs.presence,
  });
  const registrar = new Registrar(presence, instance);
  lifetime.onDraining(() => {
    const members = presence.lastMembers();
    presence.hub.reconnectAll(() => registrar.otherUrl(members));
  });
  return {
    presence,
    registrar,
    tokens: new SessionTokens(config.sessionTokenSecret),
    rates: new SendRates(clock),
  };
}
