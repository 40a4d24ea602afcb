import { defineConfig } from "vitest/config";

/**
 * One project per kind of test, so that `npx vitest run --project unit` runs that kind alone. `workers` is how many files run side by side:
 * unit and contract tests work, so more would only be in each other's way; the others start fleets and mostly wait for them.
 */
const kinds = [
  { name: "unit", workers: 2, order: 1 },
  { name: "contract", workers: 3, order: 2 },
  { name: "flow", workers: 4, order: 3 },
  { name: "fault", workers: 4, order: 3 },
  // Minutes of kills, cuts and pauses under load: `npm run storm`, not part of `npm test`.
  { name: "storm", workers: 1, order: 4 },
] as const;

const timeouts = { unit: 10_000, contract: 120_000, flow: 120_000, fault: 120_000, storm: 900_000 };

export default defineConfig({
  test: {
    globalSetup: ["test/support/build.ts"],
    pool: "forks",
    projects: kinds.map(({ name, workers, order }) => ({
      extends: true as const,
      test: {
        name,
        include: [`test/${name}/**/*.test.ts`],
        testTimeout: timeouts[name],
        // Importing the SDK anew for each file would cost more than the tests do.
        isolate: false,
        hookTimeout: 60_000,
        maxWorkers: workers,
        sequence: { groupOrder: order },
      },
    })),
  },
});
