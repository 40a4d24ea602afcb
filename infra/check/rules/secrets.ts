import type { Findings } from "../finding.ts";
import type { Declaration, SourceFile } from "../syntax/tree.ts";
import { expressionsIn, visit } from "./visit.ts";

/** Functions whose results are keys and secrets. Everything here works with identities. */
const keyFunctions = /^list(\w*Keys|Secrets|\w*Sas)$|^list[A-Z]/;
/** Hosts that are others in other clouds: `environment()` and the resources' own properties have them. */
const cloudHosts =
  /\b(?:management\.azure\.com|(?:blob|table|queue|file|vault)\.(?:core\.windows|azure)\.net|core\.windows\.net|vault\.azure\.net|azurewebsites\.net|login\.microsoftonline\.com|servicebus\.windows\.net)\b/;
/** An Application Insights connection string is no secret where telemetry is taken from identities alone. */
const secretName = /password|^(?!insights).*connectionString$|accountKey|sharedAccessKey|secretValue/i;

/** No keys, no secrets in outputs, and no host names of one cloud. */
export function checkSecrets(file: SourceFile, findings: Findings): void {
  for (const one of file.declarations) {
    checkOutput(one, file, findings);
    for (const expression of expressionsIn(one))
      visit(expression, new Set(), (inner) => {
        if (inner.kind === "call" && keyFunctions.test(inner.name))
          findings.report(inner.at, `${inner.name} gives keys: who needs access gets a role instead`);
        if (inner.kind !== "text") return;
        const host = inner.parts
          .map((part) => (typeof part === "string" ? cloudHosts.exec(part)?.[0] : undefined))
          .find(Boolean);
        if (host)
          findings.report(
            inner.at,
            `${host} is another host in another cloud: take it from environment() or from the resource`,
          );
      });
  }
}

/** An output is kept in the deployment's history, for everybody who may read it. */
function checkOutput(one: Declaration, file: SourceFile, findings: Findings): void {
  if (one.kind !== "output") return;
  const secure = one.decorators.some(({ name }) => name === "secure");
  const secretParameters = new Set(
    file.declarations
      .filter(({ kind, decorators }) => kind === "param" && decorators.some(({ name }) => name === "secure"))
      .map(({ name }) => name),
  );
  visit(one.value, new Set(), (inner) => {
    if (inner.kind === "name" && secretParameters.has(inner.name) && !secure)
      findings.report(inner.at, `the output "${one.name}" shows the secret "${inner.name}"`);
  });
  if (secretName.test(one.name) && !secure)
    findings.report(
      one.at,
      `the output "${one.name}" looks like a secret: outputs can be read by everybody who sees the deployment`,
    );
}
