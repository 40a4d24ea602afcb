import type { ClientRetryOptions } from "../settings/service-bus-options.ts";
import { backOff } from "./back-off.ts";
import type { Gate } from "./gate.ts";
import type { PumpEvents } from "./pump.ts";

/**
 * Repeats a turn of receiving for as long as the gate has not ended, waiting while it is shut. A turn that fails is reported and
 * tried again, later each time until one has received.
 */
export async function receiveWhileOpen(
  gate: Gate,
  retry: ClientRetryOptions,
  events: PumpEvents,
  turn: (onReceiving: () => void) => Promise<void>,
): Promise<void> {
  let failures = 0;
  const onReceiving = (): void => {
    failures = 0;
    events.receiving();
  };
  while (await gate.pass()) {
    try {
      await turn(onReceiving);
    } catch (error) {
      events.failing(error);
      await gate.delay(backOff(failures++, retry));
    }
  }
}
