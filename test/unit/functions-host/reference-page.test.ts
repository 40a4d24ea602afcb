import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { supportedTriggers } from "../../../local/functions/host/function-catalog.ts";
import { defaultTimings } from "../../../local/functions/host/timings.ts";
import { hostVersion } from "../../../local/functions/host/worker-process.ts";
import { largestBatch } from "../../../local/functions/settings/service-bus-options.ts";

const source = (path: string): string => readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8");
const page = source("docs/functions-host.md");
const spaced = page.replaceAll(/\s+/g, " ");

test("docs/functions-host.md names every option of the command", () => {
  const options = source("local/functions/command.ts").matchAll(/^ {4}"?([a-z-]+)"?: \{(?:$| type:)/gm);
  const names = [...options].map(([, name]) => `--${name}`);
  expect(names).toContain("--grace");
  expect(names.filter((name) => !page.includes(`\`${name}`))).toEqual([]);
});

test("docs/functions-host.md names every message between host and worker", () => {
  const kinds = source("local/functions/core/messages.ts").matchAll(/readonly kind: "([a-z-]+)"/g);
  const names = [...kinds].map(([, kind]) => `\`${kind}\``);
  expect(names).toHaveLength(9);
  expect(names.filter((name) => !page.includes(name))).toEqual([]);
});

test("docs/functions-host.md names every setting that is told at start and left undone", () => {
  const table = source("local/functions/settings/unsupported.ts").matchAll(/^ {2}"?([A-Za-z:]+)"?: "/gm);
  const members = [...table].map(
    ([, path = ""]) =>
      path
        .replace(/:isEnabled$/, "")
        .split(":")
        .at(-1) ?? "",
  );
  expect(members).toHaveLength(6);
  expect(members.filter((member) => !page.includes(member))).toEqual([]);
});

test("docs/functions-host.md gives the numbers that the code has", () => {
  const { maxErrors, errorRestartMs, errorWindowMs, workerWaitMs, drainMs } = defaultTimings;
  for (const claim of [
    `says ${hostVersion},`,
    `${maxErrors} in ${errorWindowMs / 60_000} minutes`,
    `the next one starts after ${errorRestartMs / 1_000} s`,
    `wait up to ${workerWaitMs / 1_000} s`,
    `when the host stops | ${drainMs} |`,
    `at most ${largestBatch}`,
  ]) {
    expect(spaced).toContain(claim);
  }
});

test("docs/functions-host.md names the triggers that there are", () => {
  const lower = page.toLowerCase();
  expect(supportedTriggers.filter((type) => !lower.includes(`\`${type}\``))).toEqual([]);
});
