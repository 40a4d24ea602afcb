import type { RuntimeProperties } from "../model.ts";
import type { XmlElement } from "./xml.ts";

/** Clients take the counts by the one prefix that is declared here, so there may be no other attribute. */
const countsNamespace = { "@xmlns:d2p1": "http://schemas.microsoft.com/netservices/2011/06/servicebus" };

/** How many messages an entity has where. */
export function countDetails(runtime: RuntimeProperties): XmlElement {
  return {
    ...countsNamespace,
    "d2p1:ActiveMessageCount": `${runtime.activeMessages}`,
    "d2p1:DeadLetterMessageCount": `${runtime.deadLetterMessages}`,
    "d2p1:ScheduledMessageCount": `${runtime.scheduledMessages}`,
    "d2p1:TransferMessageCount": `${runtime.transferMessages}`,
    "d2p1:TransferDeadLetterMessageCount": `${runtime.transferDeadLetterMessages}`,
  };
}

/** How .NET writes "never". */
const never = "0001-01-01T00:00:00Z";

/** When an entity was made, changed and used. */
export function dates(runtime: RuntimeProperties): XmlElement {
  return {
    CreatedAt: runtime.createdAt.toISOString(),
    UpdatedAt: runtime.updatedAt.toISOString(),
    AccessedAt: runtime.accessedAt?.toISOString() ?? never,
  };
}
