/** A message has so many bytes. */
const messageBytes = 1_024;

/** What a message says of itself, so that whoever receives it, in whatever process, knows how long it took. */
export interface Stamp {
  /** The number of the message in this run. */
  id: number;
  /** On the clock that all processes of a machine share. */
  sentAtMs: number;
}

/** Milliseconds on a clock that all processes of this machine share: performance.now() begins anew in each. */
export function sharedNowMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** The text of a message. */
export function stamped({ id, sentAtMs }: Stamp): string {
  return `${id} ${sentAtMs} `.padEnd(messageBytes, "x");
}

export function readStamp(text: string): Stamp {
  const [id, sentAtMs] = text.split(" ", 2).map(Number);
  if (id === undefined || sentAtMs === undefined || Number.isNaN(id + sentAtMs))
    throw new Error(`Not a message of this bench: ${text.slice(0, 40)}`);
  return { id, sentAtMs };
}
