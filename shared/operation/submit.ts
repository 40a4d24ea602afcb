import { createHash } from "node:crypto";
import type { Clock } from "../kernel/clock.ts";
import type { FaultPoints } from "../kernel/fault-points.ts";
import { everyRole } from "../kernel/names.ts";
import { Problem } from "../kernel/problem.ts";
import { canonicalJson } from "../kernel/canonical-json.ts";
import { hasEnded, type Header, type OperationRequest } from "./header.ts";
import type { History } from "./history.ts";
import type { OperationLog } from "./log.ts";
import { requestLimits, type RecycleBody } from "./message.ts";
import type { OpenList } from "./open-list.ts";
import type { FleetMember, ReadFleet } from "./ports.ts";
import type { OperationRepository } from "./repository.ts";

/** How many operations may be open at once. Each costs a move for every tick, also while it only waits for its roles. */
export const maxOpenOperations = 100;
const retryAfterSeconds = 30;

/** A request to recycle, from wherever it came. */
export interface Submission {
  /** A role's name, or `*`. */
  role: string;
  body: RecycleBody & { from: string };
  /** The same role and key name the same operation. */
  key: string;
  reply?: NonNullable<Header["reply"]>;
}

export interface SubmitParts {
  operations: OperationRepository;
  openList: OpenList;
  history: History;
  readFleet: ReadFleet;
  clock: Clock;
  faults: FaultPoints;
  log: OperationLog;
}

/** The id of an operation: the same for every repeat of the same request. */
export function operationId(role: string, key: string): string {
  return createHash("sha256")
    .update(JSON.stringify([role, key]))
    .digest("hex")
    .slice(0, 32);
}

/** Makes operations out of requests. HTTP and the queue both come through here, in any order and any number of times. */
export class Submissions {
  readonly #parts: SubmitParts;

  constructor(parts: SubmitParts) {
    this.#parts = parts;
  }

  /**
   * The operation that an earlier request with this key began, if there is one.
   * Throws Problem `key-reused` when that request was another one.
   */
  async known(submission: Submission): Promise<Header | undefined> {
    const stored = await this.#parts.operations.header(operationId(submission.role, submission.key));
    if (!stored) return undefined;
    if (stored.header.digest !== digestOf(submission)) {
      throw new Problem(
        "key-reused",
        `The key "${submission.key}" was used before for role "${submission.role}" with another body`,
      );
    }
    return stored.header;
  }

  /** What the request would do, checked against the fleet as it is. Throws Problem for roles and instances that do not exist. */
  async plan(submission: Submission): Promise<{ request: OperationRequest; targets: FleetMember[] }> {
    const fleet = await this.#parts.readFleet();
    const request = toRequest(submission, rolesOf(submission, fleet));
    const targets = fleet.filter(
      ({ role, id }) => request.roles.includes(role) && (request.instances?.includes(id) ?? true),
    );
    const unknown = request.instances?.filter((id) => !targets.some((target) => target.id === id)) ?? [];
    if (unknown.length > 0) {
      throw new Problem(
        "unknown-instance",
        `No such instance in ${request.roles.join(", ")}: ${unknown.join(", ")}`,
      );
    }
    if (targets.length > requestLimits.maxInstances) {
      throw new Problem(
        "invalid-request",
        `The request is for ${targets.length} instances, and may be for at most ${requestLimits.maxInstances}: name fewer roles or instances`,
      );
    }
    return { request, targets };
  }

  /** Throws Problem `unavailable` while too many operations are open. */
  async checkRoom(): Promise<void> {
    const open = await this.#parts.openList.list();
    if (open.length < maxOpenOperations) return;
    throw new Problem(
      "unavailable",
      `${open.length} operations are open, and at most ${maxOpenOperations} may be; repeat the request when some have ended`,
      { retryAfterSeconds },
    );
  }

  /** Begins the operation unless it has begun; returns it as it is stored. Throws like `known`, `plan` and `checkRoom`. */
  async begin(submission: Submission): Promise<Header> {
    const { operations, openList, history, clock, faults, log } = this.#parts;
    const earlier = await this.known(submission);
    if (earlier) {
      // Whoever began it may have crashed before these lines.
      await this.#list(earlier);
      return earlier;
    }
    const { request } = await this.plan(submission);
    await this.checkRoom();
    const header = newHeader(submission, request, clock.now().toISOString());
    await openList.add(header.id);
    await operations.insert(header);
    await faults.reach("header-inserted");
    // Another request with this key may have been first: what is stored counts.
    const stored = (await this.known(submission)) ?? header;
    await this.#list(stored);
    log.accepted(stored);
    await history.prune((operation, error) => log.leftAlone(operation, error));
    return stored;
  }

  /**
   * Puts an operation that has begun on the lists. On the open ones again: whoever began it may have stood still for so long, between
   * the row and the header, that the row was taken for an orphan and removed.
   */
  async #list(header: Header): Promise<void> {
    const { openList, history } = this.#parts;
    if (!hasEnded(header)) await openList.add(header.id);
    await history.add(header);
  }
}

function newHeader(submission: Submission, request: OperationRequest, createdAt: string): Header {
  return {
    id: operationId(submission.role, submission.key),
    state: "waiting",
    request,
    digest: digestOf(submission),
    ...(submission.reply ? { reply: submission.reply } : {}),
    createdAt,
    step: 0,
    movedBy: "",
    elapsedMs: 0,
    progressAtMs: 0,
    wave: 0,
    targets: [],
  };
}

function digestOf({ role, body }: Submission): string {
  return createHash("sha256")
    .update(canonicalJson({ role, ...body }))
    .digest("hex");
}

function rolesOf({ role, body }: Submission, fleet: readonly FleetMember[]): string[] {
  const known = [...new Set(fleet.map((member) => member.role))];
  if (role !== everyRole && body.roles) {
    throw new Problem(
      "invalid-request",
      `The role is "${role}", so \`roles\` must be absent; to name several, ask for the role "${everyRole}"`,
    );
  }
  const wanted = role === everyRole ? (body.roles ?? known) : [role];
  const unknown = wanted.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    throw new Problem(
      "unknown-role",
      `No instance has ever registered in role ${unknown.join(", ")}; known roles: ${known.join(", ") || "none"}`,
    );
  }
  return [...new Set(wanted)].sort();
}

function toRequest({ body }: Submission, roles: string[]): OperationRequest {
  const { instances, from, tag, data, maxUnavailable, maxErrors, deliveryTimeout, executionTimeout } = body;
  return {
    roles,
    from,
    tag,
    maxErrors,
    deliveryTimeoutMs: deliveryTimeout,
    executionTimeoutMs: executionTimeout,
    ...(instances ? { instances } : {}),
    ...(data === undefined ? {} : { data }),
    ...(maxUnavailable === undefined ? {} : { maxUnavailable }),
  };
}
