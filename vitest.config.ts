import { defineConfig } from "vitest/config";

// One project per kind of test, so that `npx vitest run --project unit` runs that kind alone.
const kinds = ["unit", "contract", "flow", "fault"] as const;

export default defineConfig({
  test: {
    globalSetup: ["test/support/build.ts"],
    pool: "forks",
    // Most tests wait for processes and sockets rather than work.
    maxWorkers: 4,
    projects: kinds.map((name) => ({
      extends: true as const,
      test: {
        name,
        include: [`test/${name}/**/*.test.ts`],
        testTimeout: name === "unit" ? 5_000 : 60_000,
        hookTimeout: 60_000,
      },
    })),
  },
});
