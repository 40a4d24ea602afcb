import pc from "picocolors";

/** The colours of one output stream: none where it is not a terminal. */
export type Colors = ReturnType<typeof pc.createColors>;

/** Colours for a stream; `NO_COLOR` and `FORCE_COLOR` win over what the stream is. */
export function colorsFor(stream: { readonly isTTY?: boolean }): Colors {
  const isForced = process.env["FORCE_COLOR"] !== undefined && process.env["NO_COLOR"] === undefined;
  return pc.createColors(isForced || (stream.isTTY === true && pc.isColorSupported));
}
