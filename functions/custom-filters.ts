import type { CustomFilter } from "../shared/routing/compile-filter.ts";

/** Your application's place: filters for routing tables that are code, by the name that a `Custom` filter gives. They must not wait. */
export const customFilters: ReadonlyMap<string, CustomFilter> = new Map();
