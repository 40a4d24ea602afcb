import type { Measured } from "./load.ts";
import type { Results } from "./rounds.ts";

/** What the table says of one carrier: the median of its rounds each. */
interface Row {
  name: string;
  perSecond: number;
  saturated: Percentiles;
  at: number;
  moderate: Percentiles;
  refused: number;
  lost: number;
}

interface Percentiles {
  p50: number;
  p99: number;
}

/** The results as a table, and how the first carrier does beside each other one. */
export function renderResults(all: readonly Results[]): string {
  const rows = all.map(toRow);
  const [own] = rows;
  if (!own) return "Nothing was measured";
  const head = ["", "msg/s", "p50 ms", "p99 ms", "at msg/s", "p50 ms", "p99 ms", "refused", "lost"];
  const table = [head, ...rows.map(toCells)];
  const widths = head.map((_, column) => Math.max(...table.map((cells) => cells[column]?.length ?? 0)));
  const lines = table.map((cells) =>
    cells
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join("  "),
  );
  const ratios = all.slice(1).map((other) => ratioLine(all[0] ?? other, other));
  const over = `${"".padEnd(widths[0] ?? 0)}  at saturation              at moderate load`;
  return [over, ...lines, "", ...ratios].join("\n");
}

/** The ratios are taken within each round, so that what slowed a round is in both; then their median. */
function ratioLine(own: Results, other: Results): string {
  const throughput = median(
    own.saturated.map(
      ({ perSecond }, round) => perSecond / (other.saturated[round]?.perSecond ?? Number.NaN),
    ),
  );
  const latency = (percent: keyof Percentiles) =>
    median(
      own.moderate.map((measured, round) => {
        const beside = other.moderate[round];
        return beside ? percentiles(measured)[percent] / percentiles(beside)[percent] : Number.NaN;
      }),
    );
  return `${own.name} : ${other.name} = ${throughput.toFixed(2)} messages/s, ${latency("p50").toFixed(2)} p50, ${latency("p99").toFixed(2)} p99 at moderate load`;
}

function toRow({ name, saturated, moderate, moderatePerSecond }: Results): Row {
  const both = [...saturated, ...moderate];
  return {
    name,
    perSecond: median(saturated.map(({ perSecond }) => perSecond)),
    saturated: medians(saturated),
    at: median(moderatePerSecond),
    moderate: medians(moderate),
    refused: sum(both.map(({ refused }) => refused)),
    lost: sum(both.map(({ lost }) => lost)),
  };
}

function toCells({ name, perSecond, saturated, at, moderate, refused, lost }: Row): string[] {
  const ms = (value: number): string => value.toFixed(1);
  return [
    name,
    perSecond.toFixed(0),
    ms(saturated.p50),
    ms(saturated.p99),
    at.toFixed(0),
    ms(moderate.p50),
    ms(moderate.p99),
    String(refused),
    String(lost),
  ];
}

function medians(measured: readonly Measured[]): Percentiles {
  const each = measured.map(percentiles);
  return { p50: median(each.map(({ p50 }) => p50)), p99: median(each.map(({ p99 }) => p99)) };
}

function percentiles({ tookMs }: Measured): Percentiles {
  const sorted = [...tookMs].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99) };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? Number.NaN) + (sorted[Math.ceil(middle)] ?? Number.NaN)) / 2;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
