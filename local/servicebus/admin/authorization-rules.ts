import { BrokerError } from "../broker-error.ts";
import type { AuthorizationRule } from "../model.ts";
import { child, children, ownText, textOf, type XmlContent, type XmlElement } from "./xml.ts";

/** As in Azure. */
const maxAuthorizationRules = 12;
const accessRights = new Set(["Manage", "Send", "Listen"]);

/** Reads the shared access rules of a queue or a topic; undefined when the description does not speak of them. */
export function readAuthorizationRules(content: XmlElement): AuthorizationRule[] | undefined {
  const rules = child(content, "AuthorizationRules");
  if (rules === undefined) return undefined;
  const read = children(rules, "AuthorizationRule").map(readRule);
  if (read.length > maxAuthorizationRules) {
    throw invalid(`${read.length} rules are too many: ${maxAuthorizationRules} are allowed`);
  }
  return read;
}

/** Writes the rules; an empty element says that there are none. */
export function writeAuthorizationRules(rules: readonly AuthorizationRule[] = []): XmlContent {
  if (rules.length === 0) return "";
  return {
    AuthorizationRule: rules.map((rule) => ({
      "@i:type": "SharedAccessAuthorizationRule",
      ClaimType: rule.claimType,
      ClaimValue: "None",
      Rights: { AccessRights: rule.accessRights },
      KeyName: rule.keyName,
      PrimaryKey: rule.primaryKey,
      SecondaryKey: rule.secondaryKey,
    })),
  };
}

function readRule(element: XmlElement): AuthorizationRule {
  const rights = children(child(element, "Rights") ?? {}, "AccessRights").map(ownText);
  const unknown = rights.find((right) => !accessRights.has(right));
  if (unknown !== undefined)
    throw invalid(`'${unknown}' is not a right; allowed are ${[...accessRights].join(", ")}`);
  const keyName = textOf(element, "KeyName") ?? "";
  if (keyName === "") throw invalid("a rule needs a KeyName");
  return {
    claimType: textOf(element, "ClaimType") ?? "SharedAccessKey",
    accessRights: rights,
    keyName,
    primaryKey: textOf(element, "PrimaryKey") ?? "",
    secondaryKey: textOf(element, "SecondaryKey") ?? "",
  };
}

function invalid(problem: string): BrokerError {
  return new BrokerError("com.microsoft:argument-error", `AuthorizationRules is not valid: ${problem}.`);
}
