import { formatDuration, parseDuration } from "./duration.ts";
import { given } from "./given.ts";
import type { EmulatorConfig } from "./emulator-schema.ts";

const minuteMs = 60_000;

/** What the official emulator lets these properties be; Azure and the embedded broker allow more. */
const officialBounds = {
  DefaultMessageTimeToLive: { min: 5 * minuteMs, max: 60 * minuteMs },
  DuplicateDetectionHistoryTimeWindow: { min: 5_000, max: 5 * minuteMs },
} as const;
const officialMaxDeliveryCount = 10;

interface Bounded {
  DefaultMessageTimeToLive?: string | undefined;
  DuplicateDetectionHistoryTimeWindow?: string | undefined;
  MaxDeliveryCount?: number | undefined;
}

/** The same entities within the official emulator's bounds: what is longer or more than it takes is cut to what it takes. */
export function withinOfficialLimits(config: EmulatorConfig): EmulatorConfig {
  const [namespace] = config.UserConfig.Namespaces;
  return {
    UserConfig: {
      ...config.UserConfig,
      Namespaces: [
        {
          ...namespace,
          Queues: (namespace.Queues ?? []).map((queue) => cut(queue)),
          Topics: (namespace.Topics ?? []).map((topic) => ({
            ...cut(topic),
            Subscriptions: (topic.Subscriptions ?? []).map((subscription) => cut(subscription)),
          })),
        },
      ],
    },
  };
}

function cut<T extends { Properties?: Bounded | undefined }>(entity: T): T {
  if (entity.Properties === undefined) return entity;
  const { DefaultMessageTimeToLive, DuplicateDetectionHistoryTimeWindow, MaxDeliveryCount } =
    entity.Properties;
  const properties = given({
    ...entity.Properties,
    DefaultMessageTimeToLive: cutDuration("DefaultMessageTimeToLive", DefaultMessageTimeToLive),
    DuplicateDetectionHistoryTimeWindow: cutDuration(
      "DuplicateDetectionHistoryTimeWindow",
      DuplicateDetectionHistoryTimeWindow,
    ),
    MaxDeliveryCount: MaxDeliveryCount && Math.min(MaxDeliveryCount, officialMaxDeliveryCount),
  });
  return { ...entity, Properties: properties };
}

function cutDuration(property: keyof typeof officialBounds, text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const { min, max } = officialBounds[property];
  const ms = parseDuration(text) ?? Infinity;
  return formatDuration(Math.min(Math.max(ms, min), max));
}
