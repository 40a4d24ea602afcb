import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";

/** The parameters of a Bicep file, with their decorators and defaults, by name. */
async function parametersOf(file: string): Promise<Map<string, string>> {
  const text = await readFile(file, "utf8");
  const declarations = text.matchAll(/^(?:@[\s\S]*?\n)?param (?<name>\w+) [\s\S]*?(?=\n\n)/gm);
  return new Map([...declarations].map((match) => [match.groups?.["name"] ?? "", match[0]]));
}

describe("what azd deploys", () => {
  test("has the parameters of main.bicep, with the same defaults, and passes every one on", async () => {
    const [main, azd, text] = await Promise.all([
      parametersOf("infra/main.bicep"),
      parametersOf("infra/azd.bicep"),
      readFile("infra/azd.bicep", "utf8"),
    ]);
    expect(main.size).toBeGreaterThan(20);
    expect([...azd.keys()]).toEqual([...main.keys()]);
    for (const [name, declaration] of main) {
      // A subscription has no region of its own to fall back on.
      expect(azd.get(name)).toBe(name === "location" ? declaration.replace(/ = .*$/, "") : declaration);
      expect(text).toContain(`\n    ${name}: ${name}\n`);
    }
  });
});
