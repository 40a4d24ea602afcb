import type { ServiceBusReceivedMessage, ServiceBusReceiver } from "@azure/service-bus";
import { Problem } from "../../shared/kernel/problem.ts";
import type { PresenceLife } from "./presence-life.ts";

const againAfterMs = 5;

/** Gives each message that comes to a life, and again to another as long as its handler died or failed for now: as the platform does. */
export function redeliver(
  receiver: ServiceBusReceiver,
  whom: () => PresenceLife | undefined,
  act: (life: PresenceLife, body: unknown) => Promise<void>,
): void {
  receiver.subscribe(
    {
      processMessage: async ({ body }: ServiceBusReceivedMessage) => {
        const parsed: unknown = JSON.parse(String(body));
        while (!receiver.isClosed) {
          const life = whom();
          if (life && (await isHandledBy(life, () => act(life, parsed)))) return;
          await new Promise((resolve) => setTimeout(resolve, againAfterMs));
        }
      },
      processError: async () => undefined,
    },
    { maxConcurrentCalls: 16 },
  );
}

async function isHandledBy(life: PresenceLife, act: () => Promise<void>): Promise<boolean> {
  try {
    return await Promise.race([act().then(() => true), life.died.then(() => false)]);
  } catch (error) {
    // What can never work is done with; the rest comes again.
    return error instanceof Problem;
  }
}
