import { describe, expect, it } from "vitest";
import { settingsOf } from "../../support/app-settings.ts";

describe("a text with %names%", () => {
  const settings = { env: { QUEUE: "orders", EMPTY: "" } };

  it("gets their settings, in any case and as often as they come", () => {
    expect(settingsOf(settings).resolve("%QUEUE%-%queue%")).toBe("orders-orders");
  });

  it("takes an empty setting as it is", () => {
    expect(settingsOf(settings).resolve("a%EMPTY%b")).toBe("ab");
  });

  it("stays as it is without names", () => {
    expect(settingsOf(settings).resolve("orders")).toBe("orders");
  });

  it("is refused when a name is not set", () => {
    expect(() => settingsOf(settings).resolve("%NOPE%")).toThrow("'%NOPE%' does not resolve to a value.");
  });

  it("is refused when a name does not end", () => {
    expect(() => settingsOf(settings).resolve("ab%QUEUE")).toThrow(
      "The '%' at position 2 does not have a closing '%'",
    );
  });
});
