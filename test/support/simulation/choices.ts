import { entities } from "../../../shared/bus/topology.ts";
import type { Clients } from "./clients.ts";
import { pick, type Random } from "./random.ts";
import type { FaultKind } from "./scenario.ts";
import type { SimulatedFleet } from "./simulated-fleet.ts";
import type { Actor } from "./world.ts";

/** One thing that may happen next. */
export interface Choice {
  label: string;
  /** Who goes on by it. */
  actor?: Actor;
  /** The step that is answered, or the message that is received: the same over all turns at which it may happen. */
  of?: object;
  take(): void;
}

const pausesMs = [3_000, 30_000, 90_000];

/** What goes on by itself: answers to open questions, and deliveries of messages. */
export function ordinaryChoices(fleet: SimulatedFleet): Choice[] {
  const { world } = fleet;
  const answers = world.open().map((step): Choice => {
    const { label, actor } = step;
    const take = () => {
      world.take(step);
      step.answer();
    };
    return { label, actor, of: step, take };
  });
  const deliveries = fleet.deliverable().flatMap(({ held, receivers }) =>
    receivers.map((process): Choice => {
      const label = `${process.name}: receive #${held.number} ${held.message.subject ?? ""} from ${held.queue}`;
      return { label, actor: process, of: held, take: () => fleet.deliver(held, process) };
    }),
  );
  return [...answers, ...deliveries];
}

/** The passing of time until something is due; undefined when nothing is. */
export function timeChoice({ world, broker }: SimulatedFleet): Choice | undefined {
  const due = [world.nextTimerMs(), broker.nextMs()].filter((ms) => ms !== undefined);
  if (due.length === 0) return undefined;
  const nextMs = Math.min(...due);
  return { label: `time passes to ${nextMs}`, take: () => world.passTo(nextMs) };
}

/** Everything of one kind that could go wrong now. */
export function faultChoices(
  kind: FaultKind,
  fleet: SimulatedFleet,
  clients: Clients,
  random: Random,
): Choice[] {
  if (kind === "answer-lost" || kind === "call-failed") return callFaults(kind, fleet);
  if (kind === "redelivery" || kind === "dead-letter") return messageFaults(kind, fleet);
  if (kind === "cancel") {
    return clients
      .cancellable()
      .map((id) => ({ label: `cancel ${id.slice(0, 6)}`, take: () => clients.cancel(id) }));
  }
  return processFaults(kind, fleet, random);
}

function processFaults(kind: FaultKind, fleet: SimulatedFleet, random: Random): Choice[] {
  const { processes } = fleet;
  const instances = [...new Set(processes.map(({ instance }) => instance))];
  switch (kind) {
    case "crash":
      return processes.map((process) => ({
        label: `${process.name} crashes`,
        take: () => fleet.crash(process),
      }));
    case "pause":
      return processes
        .filter(({ isPaused }) => !isPaused)
        .map((process) => {
          const ms = pick(random, pausesMs);
          return { label: `${process.name} stands still for ${ms} ms`, take: () => fleet.pause(process, ms) };
        });
    case "loss":
      // Somebody must be left, or nobody drives.
      return instances.length < 2
        ? []
        : instances.map((id) => ({ label: `${id} is lost for ever`, take: () => fleet.lose(id) }));
    case "twin":
      return instances
        .filter((id) => processes.filter(({ instance }) => instance === id).length === 1)
        .map((id) => ({ label: `${id} gets a twin`, take: () => fleet.twin(id) }));
    default:
      return [];
  }
}

function callFaults(kind: "answer-lost" | "call-failed", { world }: SimulatedFleet): Choice[] {
  return world.open().flatMap((step): Choice[] => {
    const { label, kind: of } = step;
    const hasEffects = of === "write" || of === "send" || of === "settle";
    const begin = () => world.take(step);
    if (kind === "answer-lost") {
      if (of !== "write" && of !== "send") return [];
      const take = () => (begin(), step.answerLost());
      return [{ label: `answer lost: ${label}`, take }];
    }
    const fail = (hasEffect: boolean): Choice => ({
      label: `fails ${hasEffect ? "after" : "without"} effect: ${label}`,
      take: () => (begin(), step.fail(hasEffect)),
    });
    return hasEffects ? [fail(false), fail(true)] : [fail(false)];
  });
}

function messageFaults(
  kind: "redelivery" | "dead-letter",
  { broker, observer, world }: SimulatedFleet,
): Choice[] {
  if (kind === "redelivery") {
    return broker.held
      .filter(({ holder }) => holder)
      .map((held) => ({
        label: `the lock of #${held.number} on ${held.queue} is lost`,
        take: () => broker.release(held),
      }));
  }
  const begun = new Set(observer.headers.map(({ id }) => id));
  return broker.held
    .filter(({ queue, holder, body }) => queue === entities.recycleRequests && !holder && isOf(body, begun))
    .map((held) => ({
      label: `#${held.number} on ${held.queue} ends in the dead-letter queue`,
      take: () => {
        world.tell(`lost: ${JSON.stringify(held.body)}`);
        broker.drop(held);
      },
    }));
}

/** A tick of an operation that has begun. A request that was lost before that is its sender's to repeat. */
function isOf(body: unknown, operations: ReadonlySet<string>): boolean {
  if (typeof body !== "object" || body === null || !("operation" in body)) return false;
  return typeof body.operation === "string" && operations.has(body.operation);
}
