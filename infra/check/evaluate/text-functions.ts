import { createHash } from "node:crypto";
import { boolType, intType, listType, textType } from "../types/schema-type.ts";
import { builtIn, ofExact, ofTexts, type BuiltIn } from "./built-in.ts";
import { asText, boolValue, fromJson, listValue, numberValue, textValue } from "./value.ts";

const maxArgs = Infinity;

/** Functions that make texts, or say something of them. */
export const textFunctions: Readonly<Record<string, BuiltIn>> = {
  toLower: builtIn(
    1,
    1,
    textType,
    ofTexts((text) => text.toLowerCase()),
  ),
  toUpper: builtIn(
    1,
    1,
    textType,
    ofTexts((text) => text.toUpperCase()),
  ),
  trim: builtIn(
    1,
    1,
    textType,
    ofTexts((text) => text.trim()),
  ),
  replace: builtIn(
    3,
    3,
    textType,
    ofTexts((text, old, by) => text.replaceAll(old, by)),
  ),
  substring: builtIn(2, 3, textType, (args) => {
    const [text, from, length] = args;
    if (text?.kind !== "text" || from?.kind !== "number") return undefined;
    const end = length?.kind === "number" ? from.value + length.value : undefined;
    return textValue(text.text.slice(from.value, end), text.exact);
  }),
  padLeft: builtIn(
    2,
    3,
    textType,
    ofExact(([text, width, pad]) =>
      textValue(String(text).padStart(Number(width), typeof pad === "string" ? pad : " ")),
    ),
  ),
  string: builtIn(
    1,
    1,
    textType,
    ofTexts((text) => text),
  ),
  format: builtIn(
    1,
    maxArgs,
    textType,
    ofTexts((pattern, ...texts) =>
      pattern.replace(/\{(\d+)(?::[^}]*)?\}/g, (_, index: string) => texts[Number(index)] ?? ""),
    ),
  ),
  join: builtIn(2, 2, textType, ([list, delimiter]) => {
    if (list?.kind !== "list" || list.open || delimiter?.kind !== "text") return undefined;
    const texts = list.items.map(asText);
    return textValue(
      texts.map(({ text }) => text).join(delimiter.text),
      delimiter.exact && texts.every(({ exact }) => exact),
    );
  }),
  split: builtIn(2, 2, { kind: "list", item: textType }, ([text, delimiter]) =>
    text?.kind === "text" && delimiter?.kind === "text"
      ? listValue(text.text.split(delimiter.text).map((part) => textValue(part, text.exact)))
      : undefined,
  ),
  startsWith: builtIn(
    2,
    2,
    boolType,
    ofExact(([text, start]) => boolValue(String(text).toLowerCase().startsWith(String(start).toLowerCase()))),
  ),
  endsWith: builtIn(
    2,
    2,
    boolType,
    ofExact(([text, end]) => boolValue(String(text).toLowerCase().endsWith(String(end).toLowerCase()))),
  ),
  base64: builtIn(
    1,
    1,
    textType,
    ofTexts((text) => Buffer.from(text).toString("base64")),
  ),
  base64ToString: builtIn(
    1,
    1,
    textType,
    ofTexts((text) => Buffer.from(text, "base64").toString()),
  ),
  base64ToJson: builtIn(1, 1),
  uri: builtIn(
    2,
    2,
    textType,
    ofTexts((base, path) => `${base.replace(/\/$/, "")}/${path.replace(/^\//, "")}`),
  ),
  uriComponent: builtIn(1, 1, textType, ofTexts(encodeURIComponent)),
  uriComponentToString: builtIn(1, 1, textType),
  dataUri: builtIn(1, 1, textType),
  dataUriToString: builtIn(1, 1, textType),
  // Not the numbers that Azure makes, and of the same form: enough to tell names apart, and to know how long they are.
  uniqueString: builtIn(1, maxArgs, textType, (args) =>
    textValue(digest(args.map((one) => asText(one).text)).slice(0, 13)),
  ),
  guid: builtIn(1, maxArgs, textType, (args) =>
    textValue(toGuid(digest(args.map((one) => asText(one).text)))),
  ),
  newGuid: builtIn(0, 0, textType),
  utcNow: builtIn(0, 1, textType),
  dateTimeAdd: builtIn(2, 3, textType),
  dateTimeFromEpoch: builtIn(1, 1, textType),
  dateTimeToEpoch: builtIn(1, 1, intType),
  int: builtIn(
    1,
    1,
    intType,
    ofExact(([value]) => numberValue(Number(value))),
  ),
  bool: builtIn(
    1,
    1,
    boolType,
    ofExact(([value]) => boolValue(value === true || value === 1 || /^true$/i.test(String(value)))),
  ),
  json: builtIn(
    1,
    1,
    undefined,
    ofExact(([text], { at, scope, unknown }) => {
      try {
        return fromJson(JSON.parse(String(text)), at);
      } catch {
        scope.world.findings.report(at, "json() gets a text that is no JSON");
        return unknown;
      }
    }),
  ),
  any: builtIn(1, 1, undefined, ([value]) => value),
  nameof: builtIn(1, 1, textType),
  fail: builtIn(1, 1),
  cidrHost: builtIn(2, 2, textType),
  cidrSubnet: builtIn(3, 3, textType),
  parseCidr: builtIn(1, 1),
  buildUri: builtIn(1, 1, textType),
  parseUri: builtIn(1, 1),
  secretRef: builtIn(1, 1, textType),
  lastIndexOf: builtIn(
    2,
    2,
    intType,
    ofExact(([text, part]) => numberValue(String(text).lastIndexOf(String(part)))),
  ),
  array: builtIn(1, 1, listType, ([value]) => (value?.kind === "list" ? value : value && listValue([value]))),
};

const alphabet = "abcdefghijklmnopqrstuvwxyz234567";

function digest(texts: readonly string[]): string {
  const bytes = createHash("sha256").update(texts.join("-")).digest();
  return [...bytes].map((byte) => alphabet[byte % alphabet.length]).join("");
}

function toGuid(text: string): string {
  const hex = createHash("md5").update(text).digest("hex");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
