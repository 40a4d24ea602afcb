import { defineConfig } from "vitest/config";

/**
 * `npx vitest run --project unit` runs one of these alone. `workers` is how many files run side by side: unit and contract tests work, so
 * more would only be in each other's way; the others start fleets and mostly wait for them.
 */
const kinds = [
  { name: "unit", workers: 2, timeoutMs: 10_000 },
  { name: "contract", workers: 3, timeoutMs: 120_000 },
  { name: "flow", workers: 4, timeoutMs: 120_000 },
  // Crashes forced between any two steps: `npm run test:fault`. CI runs it after `npm test`.
  { name: "fault", workers: 4, timeoutMs: 120_000 },
  // Minutes of kills, cuts and pauses under load: `npm run storm`, when something of it has changed.
  { name: "storm", workers: 1, timeoutMs: 900_000 },
];

export default defineConfig({
  test: {
    globalSetup: ["test/support/build.ts"],
    pool: "forks",
    projects: kinds.map(({ name, workers, timeoutMs }, order) => ({
      extends: true as const,
      test: {
        name,
        include: [`test/${name}/**/*.test.ts`],
        testTimeout: timeoutMs,
        // Importing the SDK anew for each file would cost more than the tests do.
        isolate: false,
        hookTimeout: 60_000,
        maxWorkers: workers,
        sequence: { groupOrder: order },
      },
    })),
  },
});
