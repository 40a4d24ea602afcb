import { z } from "zod";
import type { Binding, FunctionMetadata } from "../core/function-metadata.ts";
import type { Listener, ListenerOptions, ListenerState } from "../core/listener.ts";
import { type Cancel, type Clock, systemClock } from "../../servicebus/clock.ts";
import { SettingsError } from "../settings/settings-error.ts";
import { type Schedule, readSchedule } from "./schedule.ts";
import { type ScheduleStatus, timerRequest } from "./timer-info.ts";

const option = z.union([z.boolean(), z.stringbool()]);

const triggerSchema = z.object({
  schedule: z.string().min(1),
  runOnStartup: option.default(false),
  useMonitor: option.default(true),
});

/** Schedules with more than one occurrence in this time are not watched. */
const watchedIntervalMs = 60_000;

/**
 * Makes the listener of a `timerTrigger`. Throws when the schedule is none. Unlike in Azure nothing is persisted and no lock is
 * taken: every instance runs its timers, and what was missed while the host was down is not made up for.
 */
export function createListener(
  metadata: FunctionMetadata,
  binding: Binding,
  { settings, invoker, log }: ListenerOptions,
  clock: Clock = systemClock,
): Listener {
  const parsed = triggerSchema.safeParse(binding);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new SettingsError(
      `Timer trigger: ${issue?.path.join(".") ?? ""}: ${issue?.message ?? "not usable"}.`,
    );
  }
  const { schedule: text, runOnStartup, useMonitor } = parsed.data;
  const schedule = readSchedule(settings.resolve(text));
  return new TimerListener({
    name: binding.name,
    functionName: metadata.name,
    schedule,
    runOnStartup,
    isWatched: useMonitor && !isFrequent(schedule, clock.now()),
    invoker,
    log,
    clock,
  });
}

function isFrequent(schedule: Schedule, nowMs: number): boolean {
  const first = schedule.next(nowMs);
  return schedule.next(first) - (schedule.adjustsForDst ? nowMs : first) < watchedIntervalMs;
}

interface TimerListenerOptions extends Pick<ListenerOptions, "invoker" | "log"> {
  readonly name: string;
  readonly functionName: string;
  readonly schedule: Schedule;
  readonly runOnStartup: boolean;
  /** Whether the function is told its status, and called late for what was missed while there was no worker. */
  readonly isWatched: boolean;
  readonly clock: Clock;
}

/** Why a call is made. */
type Occasion = "scheduled" | "startup" | "past due";

/**
 * Calls a function when its time has come, one call at a time: the next one is planned when the last is over, and comes at
 * once when its time has passed meanwhile. While paused no call is made; afterwards a watched schedule makes up for one.
 */
class TimerListener implements Listener {
  readonly #options: TimerListenerOptions;
  readonly #stopping = new AbortController();
  #state: ListenerState = "idle";
  #status: ScheduleStatus | undefined;
  #cancel: Cancel = () => undefined;
  #running: Promise<void> | undefined;

  constructor(options: TimerListenerOptions) {
    this.#options = options;
  }

  get state(): ListenerState {
    return this.#state;
  }

  async start(): Promise<void> {
    if (this.#state === "stopped") throw new Error("The listener has been stopped.");
    if (this.#state === "running") return;
    this.#state = "running";
    // A call that is still under way plans the next one itself.
    if (this.#running === undefined) this.#resume();
  }

  pause(): void {
    if (this.#state === "stopped") return;
    this.#state = "paused";
    this.#cancel();
  }

  async stop(drainMs: number): Promise<void> {
    this.#state = "stopped";
    this.#cancel();
    this.#stopping.abort();
    if (this.#running === undefined) return;
    let timer: NodeJS.Timeout | undefined;
    const elapsed = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, drainMs);
    });
    await Promise.race([this.#running, elapsed]);
    clearTimeout(timer);
  }

  #resume(): void {
    const { clock, schedule, runOnStartup, isWatched } = this.#options;
    const now = clock.now();
    if (this.#status === undefined) {
      this.#status = { lastMs: undefined, nextMs: schedule.next(now) };
      if (runOnStartup) return this.#plan(now, "startup");
    } else if (this.#status.nextMs <= now) {
      if (isWatched) return this.#plan(now, "past due");
      this.#status = { ...this.#status, nextMs: schedule.next(now) };
    }
    this.#plan(this.#status.nextMs, "scheduled");
  }

  #plan(atMs: number, occasion: Occasion): void {
    this.#cancel = this.#options.clock.schedule(atMs, () => {
      this.#running = this.#run(occasion).finally(() => {
        this.#running = undefined;
        if (this.#state === "running" && this.#status) this.#plan(this.#status.nextMs, "scheduled");
      });
    });
  }

  async #run(occasion: Occasion): Promise<void> {
    const { clock, schedule, invoker, functionName, name, isWatched, log } = this.#options;
    const startedMs = clock.now();
    const status = isWatched ? this.#status : undefined;
    const request = timerRequest(name, schedule, {
      status,
      isPastDue: occasion === "past due",
      nowMs: startedMs,
    });
    if (occasion === "past due")
      log("information", `Function '${functionName}' is past its schedule, executing now.`);
    try {
      await invoker.invoke(functionName, request, { signal: this.#stopping.signal });
    } catch {
      // A failed call does not stop the schedule, and the invoker has told of it.
    }
    // A timer may fire a little before its time; counted from then, that same time would come next once more.
    const dueMs = occasion === "scheduled" ? (this.#status?.nextMs ?? startedMs) : startedMs;
    const lastMs = Math.max(startedMs, dueMs);
    this.#status = { lastMs, nextMs: schedule.next(lastMs) };
  }
}
