import type { HostedFunction } from "../host/function-catalog.ts";
import { messageOf } from "../log/log.ts";
import { matchRoute, pathSegments, type RouteValues } from "./route-match.ts";
import { parseRouteTemplate, type RouteTemplate } from "./route-template.ts";

/** An HTTP function with its route. */
export interface HttpRoute {
  readonly hosted: HostedFunction;
  readonly template: RouteTemplate;
  /** In upper case; undefined when the function takes every method. */
  readonly methods: ReadonlySet<string> | undefined;
}

/** A route that fits a request. */
export interface RouteMatch {
  readonly route: HttpRoute;
  readonly values: RouteValues;
}

/** Routes of this kind belong to the host itself; compared as a prefix of the text, as the real host does. */
const reservedPrefixes = ["admin", "runtime"];

/**
 * The routes of an app. They are tried in the order of the functions' names and the first that fits is taken: nothing ranks a
 * literal above a parameter. The method is part of the fit, so a wrong method ends as "not found".
 */
export class RouteTable {
  readonly routes: readonly HttpRoute[];
  /** By function name, why its route cannot be used. */
  readonly problems: ReadonlyMap<string, string>;

  constructor(functions: readonly HostedFunction[], routePrefix: string) {
    const routes: HttpRoute[] = [];
    const problems = new Map<string, string>();
    for (const hosted of functions) {
      try {
        const route = toRoute(hosted, routePrefix);
        const rival = routes.find((other) => conflict(other, route));
        if (rival === undefined) routes.push(route);
        else {
          problems.set(
            hosted.metadata.name,
            `the route '${route.template.text}' conflicts with the route of function '${rival.hosted.metadata.name}'`,
          );
        }
      } catch (error) {
        problems.set(hosted.metadata.name, `its route cannot be used: ${messageOf(error)}`);
      }
    }
    this.routes = routes;
    this.problems = problems;
  }

  match(method: string, path: string): RouteMatch | undefined {
    const segments = pathSegments(path);
    for (const route of this.routes) {
      if (route.methods !== undefined && !route.methods.has(method)) continue;
      const values = matchRoute(route.template, segments);
      if (values !== undefined) return { route, values };
    }
    return undefined;
  }
}

function toRoute(hosted: HostedFunction, routePrefix: string): HttpRoute {
  const { metadata, trigger } = hosted;
  const given = typeof trigger?.["route"] === "string" ? trigger["route"] : metadata.name;
  // Behind a prefix a slash at the start makes two in a row, which the real host refuses.
  const own = routePrefix === "" ? given.replace(/^\//, "") : given;
  const reserved = reservedPrefixes.find((prefix) => own.toLowerCase().startsWith(prefix));
  if (reserved !== undefined) throw new Error(`routes that start with '${reserved}' are reserved`);
  const template = parseRouteTemplate([routePrefix, own].filter((part) => part !== "").join("/"));
  return { hosted, template, methods: methodsOf(trigger?.["methods"]) };
}

function methodsOf(methods: unknown): ReadonlySet<string> | undefined {
  if (!Array.isArray(methods) || methods.length === 0) return undefined;
  return new Set(methods.map((method) => String(method).toUpperCase()));
}

function conflict(one: HttpRoute, other: HttpRoute): boolean {
  if (one.template.text.toLowerCase() !== other.template.text.toLowerCase()) return false;
  const [mine, theirs] = [one.methods, other.methods];
  return mine === undefined || theirs === undefined || [...mine].some((method) => theirs.has(method));
}
