/** How many allowed names a message lists before it stops. */
const maxListed = 12;

/** What to say after "x is unknown": the name that was probably meant, and what is allowed. */
export function suggest(given: string, allowed: Iterable<string>): string {
  const names = [...new Set(allowed)].sort();
  const nearest = nearestName(given, names);
  const listed = names.slice(0, maxListed).join(", ");
  const more = names.length > maxListed ? `, and ${names.length - maxListed} more` : "";
  const allowedNames = names.length === 0 ? "nothing is allowed here" : `allowed: ${listed}${more}`;
  return nearest === undefined ? allowedNames : `did you mean "${nearest}"? ${allowedNames}`;
}

/** The name with the fewest edits, if they are at most two, or a third of its length. */
export function nearestName(given: string, names: readonly string[]): string | undefined {
  let best: string | undefined;
  let fewest = (given.length < 3 ? 1 : Math.max(2, Math.floor(given.length / 3))) + 1;
  for (const name of names) {
    const edits = editsBetween(given.toLowerCase(), name.toLowerCase());
    if (edits < fewest) [best, fewest] = [name, edits];
  }
  return best;
}

/** The Levenshtein distance. */
function editsBetween(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (const [line, letter] of a.split("").entries()) {
    const next = [line + 1];
    for (const [column, other] of b.split("").entries()) {
      const replaced = (row[column] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(replaced, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
