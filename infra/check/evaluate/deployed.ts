import type { Position } from "../syntax/tree.ts";
import type { ResourceType } from "../types/from-notation.ts";
import type { Value } from "./value.ts";

/** A resource that a file deploys or refers to; one for each round of a loop. */
export interface Deployed {
  readonly at: Position;
  /** The name it has in the file. */
  readonly symbol: string;
  /** In full, `Microsoft.ServiceBus/namespaces/queues`. */
  readonly type: string;
  readonly apiVersion: string;
  /** What the snapshot says of the type; undefined where it has none. */
  readonly schema: ResourceType | undefined;
  /** With its parents', `bus/queue`. */
  readonly name: string;
  readonly id: string;
  /** The id of the resource that this one is put on: a role assignment, a diagnostic setting. */
  readonly scopeId: string | undefined;
  /** Already there, and only referred to. */
  readonly existing: boolean;
  readonly body: Value;
}
