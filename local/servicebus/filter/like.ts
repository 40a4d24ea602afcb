/** Tells whether a text matches one LIKE pattern. */
export type LikeMatcher = (text: string) => boolean;

/** Stands for `_` in a segment: any one character. */
const anyCharacter = -1;
/** Characters of a segment that one machine word keeps track of. */
const wordBits = 32;

/** A stretch of the pattern between two `%`: UTF-16 code units, or `anyCharacter`. */
type Segment = readonly number[];

/**
 * Compiles a LIKE pattern: `%` is any text, `_` any one UTF-16 code unit, and what follows the escape character stands for
 * itself. The first segment is held against the start of the text, the last against its end, and those between are looked for
 * from left to right with the bit-parallel shift-and method: the work is the length of the text times the number of machine
 * words of the segment, whatever the pattern says. Returns undefined if the pattern ends in the escape character.
 */
export function compileLike(pattern: string, escape?: string): LikeMatcher | undefined {
  const segments = segmentsOf(pattern, escape);
  if (segments === undefined) return undefined;
  const first = segments[0] ?? [];
  const last = segments.at(-1) ?? [];
  if (segments.length === 1) return (text) => text.length === first.length && matchesAt(text, 0, first);
  const searches = segments
    .slice(1, -1)
    .filter((segment) => segment.length > 0)
    .map(compileSearch);
  return (text) => {
    const end = text.length - last.length;
    if (end < first.length || !matchesAt(text, 0, first) || !matchesAt(text, end, last)) return false;
    let from = first.length;
    for (const search of searches) {
      from = search(text, from, end);
      if (from === -1) return false;
    }
    return true;
  };
}

function segmentsOf(pattern: string, escape: string | undefined): Segment[] | undefined {
  const segments: number[][] = [[]];
  for (let i = 0; i < pattern.length; i++) {
    const segment = segments.at(-1) ?? [];
    if (pattern[i] === escape) {
      i++;
      if (i === pattern.length) return undefined;
      segment.push(pattern.charCodeAt(i));
    } else if (pattern[i] === "%") {
      segments.push([]);
    } else {
      segment.push(pattern[i] === "_" ? anyCharacter : pattern.charCodeAt(i));
    }
  }
  return segments;
}

function matchesAt(text: string, at: number, segment: Segment): boolean {
  return segment.every((unit, i) => unit === anyCharacter || unit === text.charCodeAt(at + i));
}

/** Finds the leftmost place of a segment in `text[from, end)`; returns where it ends, or -1. */
type Search = (text: string, from: number, end: number) => number;

function compileSearch(segment: Segment): Search {
  const words = Math.ceil(segment.length / wordBits);
  const masks = masksOf(segment, words);
  const others = masks.get(anyCharacter) ?? new Uint32Array(words);
  const lastBit = 1 << ((segment.length - 1) % wordBits);
  return (text, from, end) => {
    // Bit i of the state is set while the last i + 1 characters match the first i + 1 of the segment.
    const state = new Uint32Array(words);
    for (let at = from; at < end; at++) {
      const mask = masks.get(text.charCodeAt(at)) ?? others;
      let carry = 1;
      for (let word = 0; word < words; word++) {
        const old = state[word] ?? 0;
        state[word] = ((old << 1) | carry) & (mask[word] ?? 0);
        carry = old >>> (wordBits - 1);
      }
      if (((state[words - 1] ?? 0) & lastBit) !== 0) return at + 1;
    }
    return -1;
  };
}

/** For each character of the segment the places where it may stand; `anyCharacter` has those of `_` alone. */
function masksOf(segment: Segment, words: number): Map<number, Uint32Array> {
  const masks = new Map<number, Uint32Array>();
  for (const unit of [anyCharacter, ...segment]) masks.set(unit, new Uint32Array(words));
  for (const [unit, mask] of masks) {
    segment.forEach((place, i) => {
      if (place !== unit && place !== anyCharacter) return;
      const word = Math.floor(i / wordBits);
      mask[word] = (mask[word] ?? 0) | (1 << (i % wordBits));
    });
  }
  return masks;
}
