import { StringDecoder } from "node:string_decoder";
import type { Readable } from "node:stream";

/** A longer line is cut here, and the rest of it is dropped: a process that never ends its line must not fill our memory. */
export const maxLineChars = 64 * 1024;

/** Calls back with each line of a stream, without its line end, and with the last one even if it has none. */
export function onLines(stream: Readable, onLine: (line: string) => void): void {
  const decoder = new StringDecoder("utf8");
  let open = "";
  const take = (text: string): void => {
    const [first = "", ...others] = text.split("\n");
    open = (open + first).slice(0, maxLineChars);
    for (const next of others) {
      flush();
      open = next.slice(0, maxLineChars);
    }
  };
  const flush = (): void => {
    const line = open.replace(/\r$/, "");
    open = "";
    if (line !== "") onLine(line);
  };
  stream.on("data", (chunk: Buffer) => take(decoder.write(chunk)));
  stream.on("close", flush);
  // A pipe that breaks ends with its process; that end is what is told.
  stream.on("error", () => undefined);
}
