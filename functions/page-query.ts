import { z } from "zod";

/** The query of a listing that comes in pages: how many items, and the token that the last page ended with. */
export const pageQuery = {
  pageSize: z.coerce.number().int().min(1).max(1_000).default(100),
  continuationToken: z.string().max(256).default(""),
};

/** The items after the token, in the order of their keys, and the token of the next page. */
export function pageOf<T>(items: readonly T[], keyOf: (item: T) => string, pageSize: number, after: string) {
  const rest = items.filter((item) => keyOf(item) > after);
  const page = rest.slice(0, pageSize);
  const last = page.at(-1);
  return {
    page,
    next: rest.length > pageSize && last !== undefined ? { continuationToken: keyOf(last) } : {},
  };
}
