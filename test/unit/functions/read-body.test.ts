import { HttpRequest } from "@azure/functions";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { maxBodyBytes, readJsonBody } from "../../../functions/read-body.ts";

const schema = z.strictObject({ tag: z.string().default("none") });

function request(
  text: string | undefined,
  headers: Record<string, string> = { "content-type": "application/json" },
) {
  return new HttpRequest({
    method: "POST",
    url: "http://127.0.0.1/api/roles/web/recycle",
    headers,
    ...(text === undefined ? {} : { body: { string: text } }),
  });
}

const read = (text: string | undefined, headers?: Record<string, string>) =>
  readJsonBody(request(text, headers), schema);

describe("a body", () => {
  test("is read as JSON", async () => {
    expect(await read('{"tag":"v2 ü"}')).toEqual({ tag: "v2 ü" });
  });

  test("that is absent counts as an empty object", async () => {
    expect(await read(undefined, {})).toEqual({ tag: "none" });
    expect(await read("")).toEqual({ tag: "none" });
  });

  test.each([
    "application/json; charset=utf-8",
    "application/problem+json",
    "application/x-www-form-urlencoded",
    "text/plain",
  ])("may come as %s: what counts is whether it is JSON", async (type) => {
    expect(await read('{"tag":"a"}', { "content-type": type })).toEqual({ tag: "a" });
  });

  test.each(["text/xml", "multipart/form-data; boundary=x", "image/png"])(
    "may not come as %s",
    async (type) => {
      await expect(read("{}", { "content-type": type })).rejects.toMatchObject({
        kind: "unsupported-media-type",
      });
    },
  );

  test("that is not JSON, or not of the shape, is refused", async () => {
    await expect(read("{tag:1}")).rejects.toMatchObject({ kind: "invalid-request" });
    await expect(read('{"tga":"a"}')).rejects.toMatchObject({ kind: "invalid-request" });
  });
});

describe("the limit", () => {
  const ofLength = (bytes: number) => JSON.stringify({ tag: "x".repeat(bytes - '{"tag":""}'.length) });

  test("is the last size that is taken", async () => {
    expect((await read(ofLength(maxBodyBytes))).tag.length).toBeGreaterThan(65_000);
    await expect(read(ofLength(maxBodyBytes + 1))).rejects.toMatchObject({ kind: "payload-too-large" });
  });

  test("holds for what a request declares, before anything is read", async () => {
    await expect(read("{}", { "content-length": "1000000" })).rejects.toMatchObject({
      kind: "payload-too-large",
    });
  });
});
