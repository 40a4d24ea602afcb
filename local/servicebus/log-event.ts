import type { Condition } from "./broker-error.ts";

/** What the broker tells about itself, for a log. Nothing in it is needed to run. */
export type BrokerEvent =
  | { readonly event: "listening"; readonly host: string; readonly port: number }
  | { readonly event: "stopped"; readonly port: number }
  | { readonly event: "connection-opened"; readonly connection: string; readonly container: string }
  | { readonly event: "connection-closed"; readonly connection: string }
  /** The client broke the AMQP protocol, or it was no AMQP client; its connection was cut. */
  | { readonly event: "protocol-error"; readonly connection: string; readonly reason: string }
  /** A link, a message or a request was refused; the client was told the same. */
  | {
      readonly event: "refused";
      readonly connection: string;
      readonly what: "attach" | "message" | "request";
      readonly path: string;
      readonly condition: Condition;
      readonly reason: string;
    }
  /** Something was thrown that should not be: a bug of the broker. */
  | { readonly event: "bug"; readonly error: unknown };

export type Log = (event: BrokerEvent) => void;
