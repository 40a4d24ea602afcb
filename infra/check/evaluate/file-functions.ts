import { posix } from "node:path";
import { textType } from "../types/schema-type.ts";
import { builtIn, type BuiltIn, type Call } from "./built-in.ts";
import { fromJson, textValue, type Value } from "./value.ts";

/** Functions that read files when the template is compiled, and the environment of who compiles. */
export const fileFunctions: Readonly<Record<string, BuiltIn>> = {
  loadJsonContent: builtIn(1, 3, undefined, ([path, query], call) => {
    const text = read(path, call);
    // A JSONPath query, which is not followed.
    if (text === undefined || query !== undefined) return undefined;
    try {
      return fromJson(JSON.parse(text), call.at);
    } catch {
      call.scope.world.findings.report(call.at, "the file is no JSON");
      return undefined;
    }
  }),
  loadTextContent: builtIn(1, 2, textType, ([path], call) => {
    const text = read(path, call);
    return text === undefined ? undefined : textValue(text);
  }),
  loadFileAsBase64: builtIn(1, 1, textType, ([path], call) => {
    const text = read(path, call);
    return text === undefined ? undefined : textValue(Buffer.from(text).toString("base64"));
  }),
  loadYamlContent: builtIn(1, 3, undefined, ([path], call) => {
    read(path, call);
    return undefined;
  }),
  loadDirectoryFileInfo: builtIn(1, 2),
  readEnvironmentVariable: builtIn(1, 2, textType, ([, fallback]) => fallback),
};

function read(path: Value | undefined, { at, scope }: Call): string | undefined {
  if (path?.kind !== "text") return undefined;
  const file = posix.join(posix.dirname(scope.path), path.text);
  const text = scope.world.text(file);
  if (text === undefined) scope.world.findings.report(at, `there is no file ${file}`);
  return text;
}
