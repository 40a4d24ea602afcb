/** A string property of a table row holds 32 K UTF-16 units (64 KB); a row holds 1 MB in all. */
const maxUnits = 32_000;
const maxParts = 12;

/** Spreads a text that may be too long for one property over several: `name`, `name1`, `name2`, ... */
export function packText(name: string, text: string): Record<string, string> {
  const parts: Record<string, string> = {};
  for (let start = 0, index = 0; start === 0 || start < text.length; start += maxUnits, index += 1) {
    if (index === maxParts) throw new RangeError(`${name} is longer than ${maxUnits * maxParts} characters`);
    parts[index === 0 ? name : `${name}${index}`] = text.slice(start, start + maxUnits);
  }
  return parts;
}

/** Puts together what packText spread. */
export function unpackText(name: string, row: Readonly<Record<string, unknown>>): string {
  let text = "";
  for (let index = 0; index < maxParts; index += 1) {
    const part = row[index === 0 ? name : `${name}${index}`];
    if (typeof part !== "string") break;
    text += part;
  }
  return text;
}
