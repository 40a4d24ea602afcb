import { faultKinds, type Scenario } from "./scenario.ts";

const fleet = [
  { id: "api-0", role: "api" },
  { id: "web-0", role: "web" },
  { id: "web-1", role: "web" },
];
const bigFleet = [...fleet, { id: "web-2", role: "web" }];

/** What is asked of the simulated fleets. */
export const scenarios = {
  allAtOnce: {
    name: "all instances of a role at once",
    instances: fleet,
    requests: [{ role: "web", key: "k1", by: "message" }],
    faults: faultKinds,
    maxFaults: 3,
  },
  rolling: {
    name: "one instance after the other",
    instances: bigFleet,
    requests: [{ role: "web", key: "k1", by: "http", body: { maxUnavailable: 1, maxErrors: 1 } }],
    faults: faultKinds,
    maxFaults: 3,
  },
  rollingWhileBooting: {
    name: "one after the other, asked for while the fleet still boots",
    instances: fleet,
    requests: [{ role: "web", key: "k1", by: "http", body: { maxUnavailable: 1, maxErrors: 2 } }],
    faults: faultKinds,
    maxFaults: 2,
    isAskedEarly: true,
  },
  twoAtOnce: {
    name: "two operations at once on one role",
    instances: fleet,
    requests: [
      { role: "web", key: "k1", by: "message" },
      { role: "web", key: "k2", by: "http", body: { maxUnavailable: 1 } },
    ],
    faults: faultKinds,
    maxFaults: 3,
  },
  overlapping: {
    name: "operations on overlapping sets of roles",
    instances: fleet,
    requests: [
      { role: "*", key: "k1", by: "message" },
      { role: "web", key: "k2", by: "http" },
      { role: "*", key: "k3", by: "http", body: { roles: ["web", "api"], maxUnavailable: 1 } },
    ],
    faults: faultKinds,
    maxFaults: 2,
  },
  cancelled: {
    name: "cancelled at any moment",
    instances: fleet,
    requests: [{ role: "web", key: "k1", by: "message", body: { maxUnavailable: 1 } }],
    faults: ["cancel", "pause", "crash", "redelivery", "answer-lost"],
    maxFaults: 3,
  },
  impatient: {
    name: "limits that run out at any moment",
    instances: fleet,
    requests: [
      {
        role: "web",
        key: "k1",
        by: "http",
        body: { maxUnavailable: 1, maxErrors: 2, deliveryTimeout: 2_000, executionTimeout: 4_000 },
      },
    ],
    faults: ["pause", "crash", "cancel", "redelivery"],
    maxFaults: 2,
  },
  lateAnswers: {
    name: "answers that come just as the limit runs out",
    instances: fleet,
    requests: [
      {
        role: "web",
        key: "k1",
        by: "message",
        body: { maxErrors: 2, deliveryTimeout: 1_000, executionTimeout: 4_000 },
      },
    ],
    faults: ["cancel"],
    maxFaults: 1,
  },
  repeated: {
    name: "one request that comes several times",
    instances: fleet,
    requests: [
      { role: "web", key: "k1", by: "message" },
      { role: "web", key: "k1", by: "http" },
      { role: "web", key: "k1", by: "message" },
    ],
    faults: faultKinds,
    maxFaults: 3,
  },
  skewed: {
    name: "processes whose clocks are wrong",
    instances: fleet,
    requests: [{ role: "web", key: "k1", by: "message", body: { maxUnavailable: 1, maxErrors: 2 } }],
    faults: ["crash", "pause", "redelivery", "dead-letter"],
    maxFaults: 2,
    clocksAheadMs: [-3_600_000, -1_500, 0, 1_500, 60_000],
  },
  refusing: {
    name: "an application that refuses",
    instances: fleet,
    requests: [{ role: "web", key: "k1", by: "http", body: { maxErrors: 1 } }],
    refusing: ["web-0"],
    faults: ["redelivery", "pause", "answer-lost", "call-failed", "cancel"],
    maxFaults: 3,
  },
  otherModes: {
    name: "instances that restart their app, or only log",
    instances: bigFleet,
    requests: [{ role: "web", key: "k1", by: "http", body: { maxUnavailable: 1, maxErrors: 1 } }],
    modes: { "web-0": "log-only", "web-1": "restart-app" },
    faults: ["crash", "pause", "redelivery", "call-failed", "cancel"],
    maxFaults: 2,
  },
  paused: {
    name: "processes that stand still beside their replacements",
    instances: fleet,
    requests: [{ role: "web", key: "k1", by: "message", body: { maxUnavailable: 1, maxErrors: 2 } }],
    faults: ["pause", "twin", "redelivery", "cancel"],
    maxFaults: 4,
  },
} satisfies Record<string, Scenario>;

/** Small ones, in which every single fault is tried. */
export const smallScenarios = {
  allAtOnce: { ...scenarios.allAtOnce, name: "two instances at once", instances: fleet },
  rolling: {
    ...scenarios.rolling,
    name: "one of two instances after the other",
    instances: fleet,
  },
} satisfies Record<string, Scenario>;
