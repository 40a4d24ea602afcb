import type { InputFault } from "../kernel/problem.ts";
import { child, children, toName } from "./original-names.ts";
import type { XmlNode } from "./xml-document.ts";

/** Converts the filters of the original engine; one that cannot be is left out and named. */
export function convertFilters(
  routing: XmlNode,
  notes: InputFault[],
): Record<string, Record<string, unknown>> {
  const filters = children(child(routing, "filters"), "filter").flatMap(
    (filter): [string, Record<string, unknown>][] => {
      const name = toName(filter.attribute("name") ?? "");
      const converted = convertFilter(filter);
      if ("note" in converted) {
        notes.push({ path: `filters.${name}`, message: String(converted["note"]) });
        return [];
      }
      if (converted["type"] === "Custom") {
        notes.push({
          path: `filters.${name}`,
          message: `register the custom filter '${String(converted["name"])}' in code`,
        });
      }
      return [[name, converted]];
    },
  );
  return Object.fromEntries(filters);
}

/** The types have one spelling in the engine's code and another in a page of its manual. */
function convertFilter(filter: XmlNode): Record<string, unknown> {
  const data = filter.attribute("filterData") ?? "";
  switch (filter.attribute("filterType")) {
    case "MatchAll":
      return { type: "MatchAll" };
    case "Action":
      return { type: "Action", actions: [data] };
    case "EndpointAddress":
    case "Address":
      return { type: "EndpointAddress", address: data };
    case "PrefixEndpointAddress":
    case "AddressPrefix":
      return { type: "PrefixEndpointAddress", address: data };
    case "EndpointName":
    case "Endpoint":
      return { type: "EndpointName", name: toName(data) };
    case "XPath":
      return { type: "XPath", expression: data };
    case "And":
      return {
        type: "And",
        filters: [filter.attribute("filter1"), filter.attribute("filter2")].map((one) => toName(one ?? "")),
      };
    case "Custom": {
      const className = filter.attribute("customType")?.split(",")[0]?.trim().split(".").at(-1) ?? "";
      return { type: "Custom", name: toName(className), ...(data ? { data } : {}) };
    }
    default:
      return { note: `its type '${filter.attribute("filterType") ?? ""}' is not known: left out` };
  }
}
