import type { EndMeaning } from "./restart-policy.ts";

/** What happens to a host and its worker, for whoever started it. */
export type HostEvent =
  | { readonly kind: "worker-started"; readonly pid: number }
  | {
      readonly kind: "worker-exited";
      readonly pid: number;
      readonly code: number | null;
      readonly signal: string | null;
      readonly meaning: EndMeaning;
    }
  /** The worker has loaded the app and takes invocations. */
  | { readonly kind: "ready"; readonly pid: number; readonly functions: readonly string[] }
  /** The host gives up; it stops by itself. */
  | { readonly kind: "error"; readonly message: string };

/** Where a host stands. `restarting` is the time between two workers. */
export type HostState = "starting" | "running" | "restarting" | "stopping" | "stopped";
