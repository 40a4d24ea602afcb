const millisecondsPer = { day: 86_400_000, hour: 3_600_000, minute: 60_000, second: 1_000 } as const;

// The platform's own format: `[-][d.]hh:mm[:ss[.fffffff]]`, or a bare number, which is days.
const clockFormat = /^(-)?(?:(\d+)[.:](?=\d+:\d+:))?(\d+):(\d+)(?::(\d+)(?:\.(\d{1,7}))?)?$/;
const daysFormat = /^(-)?(\d+)$/;

/** Milliseconds of a duration such as `00:05:00`, `1.00:00:00` or `7` (days); undefined when the text is none. */
export function parseTimeSpan(text: string): number | undefined {
  const trimmed = text.trim();
  const days = daysFormat.exec(trimmed);
  if (days) return signed(days[1], Number(days[2]) * millisecondsPer.day);
  const clock = clockFormat.exec(trimmed);
  if (!clock) return undefined;
  const [, sign, day = "0", hours = "0", minutes = "0", seconds = "0", fraction = "0"] = clock;
  if (Number(hours) > 23 || Number(minutes) > 59 || Number(seconds) > 59) return undefined;
  return signed(
    sign,
    Number(day) * millisecondsPer.day +
      Number(hours) * millisecondsPer.hour +
      Number(minutes) * millisecondsPer.minute +
      Number(seconds) * millisecondsPer.second +
      Number(`0.${fraction}`) * millisecondsPer.second,
  );
}

function signed(sign: string | undefined, milliseconds: number): number {
  return sign === undefined || milliseconds === 0 ? milliseconds : -milliseconds;
}
