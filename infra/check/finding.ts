import type { Position } from "./syntax/tree.ts";

/** Something that is wrong, where it stands, and what is allowed. */
export interface Finding {
  readonly at: Position;
  readonly message: string;
}

/** Takes what is found. */
export interface Reporter {
  report(at: Position, message: string): void;
}

/** Collects findings. The same one found on two ways, say in two rounds of a loop, is one. */
export class Findings implements Reporter {
  readonly #byText = new Map<string, Finding>();

  report(at: Position, message: string): void {
    const finding = { at, message };
    this.#byText.set(formatFinding(finding), finding);
  }

  /** In the order of the files, lines and columns. */
  list(): Finding[] {
    return [...this.#byText.values()].sort(
      ({ at: a }, { at: b }) => a.file.localeCompare(b.file) || a.line - b.line || a.column - b.column,
    );
  }
}

/** One line, in the form that editors and terminals make a link of. */
export function formatFinding({ at, message }: Finding): string {
  return `${at.file}:${at.line}:${at.column} ${message}`;
}
