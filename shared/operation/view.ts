import { z } from "zod";
import type { Answer } from "./answer.ts";
import { budgetFor } from "./budget.ts";
import { operationStates, type Header, type OperationRequest, type Target } from "./header.ts";
import type { FleetMember } from "./ports.ts";
import type { StoredOperation } from "./repository.ts";

export const targetStates = [
  "pending",
  "delivered",
  "draining",
  "recycled",
  "failed",
  "timed-out",
  "cancelled",
] as const;

const targetViewSchema = z.object({
  instance: z.string(),
  role: z.string(),
  state: z.enum(targetStates),
  /** Which limit ran out, for `timed-out`. */
  phase: z.enum(["delivery", "execution"]).optional(),
  reason: z.string().optional(),
  /** The incarnation that is meant to go. */
  incarnation: z.string(),
  wave: z.int().optional(),
});

/** An operation as the API shows it. */
export const operationViewSchema = z.object({
  id: z.string(),
  kind: z.literal("recycle"),
  state: z.enum(operationStates),
  roles: z.array(z.string()),
  from: z.string(),
  tag: z.string(),
  data: z.json().optional(),
  maxUnavailable: z.union([z.int(), z.string()]).optional(),
  maxErrors: z.int(),
  createdAt: z.string(),
  endedAt: z.string().optional(),
  targets: z.array(targetViewSchema),
});

export type OperationView = z.infer<typeof operationViewSchema>;
type TargetView = z.infer<typeof targetViewSchema>;

/** Shows an operation; `fleet` tells who of those that acknowledged has begun to drain. */
export function viewOperation(
  { header, answers }: Omit<StoredOperation, "etag">,
  fleet: readonly FleetMember[],
): OperationView {
  const { id, state, request, createdAt, endedAt, targets } = header;
  const { roles, from, tag, data, maxUnavailable, maxErrors } = request;
  return {
    id,
    kind: "recycle",
    state,
    roles,
    from,
    tag,
    ...(data === undefined ? {} : { data }),
    ...(maxUnavailable === undefined ? {} : { maxUnavailable }),
    maxErrors,
    createdAt,
    ...(endedAt === undefined ? {} : { endedAt }),
    targets: targets.map((target) => viewTarget(target, answers.get(target.instance), fleet)),
  };
}

/** Shows an operation that has just begun: nobody has been asked yet. */
export function viewNew(header: Header): OperationView {
  return viewOperation({ header, answers: new Map() }, []);
}

/** What a dry run answers: who would be asked, in which wave, if everybody were ready and no wave failed. */
export const planViewSchema = z.object({
  kind: z.literal("recycle"),
  dryRun: z.literal(true),
  roles: z.array(z.string()),
  from: z.string(),
  tag: z.string(),
  targets: z.array(targetViewSchema),
});

export type PlanView = z.infer<typeof planViewSchema>;

/** Shows what a dry run found. */
export function viewPlan(request: OperationRequest, members: readonly FleetMember[]): PlanView {
  const { roles, from, tag } = request;
  const budget = budgetFor(request, members.length);
  const targets = members.map(({ id: instance, role, incarnation }, index) => ({
    instance,
    role,
    state: "pending" as const,
    incarnation,
    wave: Math.floor(index / budget) + 1,
  }));
  return { kind: "recycle", dryRun: true, roles, from, tag, targets };
}

function viewTarget(target: Target, answer: Answer | undefined, fleet: readonly FleetMember[]): TargetView {
  const { instance, role, incarnation, wave, outcome } = target;
  const known = { instance, role, incarnation, ...(wave === undefined ? {} : { wave }) };
  if (!outcome) return { ...known, state: progressOf(target, answer, fleet) };
  return {
    ...known,
    state: outcome.state,
    ...(outcome.state === "timed-out" ? { phase: outcome.phase } : {}),
    ...("reason" in outcome ? { reason: outcome.reason } : {}),
  };
}

function progressOf(
  target: Target,
  answer: Answer | undefined,
  fleet: readonly FleetMember[],
): TargetView["state"] {
  if (answer?.state !== "acknowledged") return "pending";
  const member = fleet.find(({ id }) => id === target.instance);
  const isStillServing = member?.incarnation === target.incarnation && member.state !== "draining";
  return isStillServing ? "delivered" : "draining";
}
