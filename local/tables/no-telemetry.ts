/** Built in instead of `applicationinsights`: Azurite loads that library whether or not telemetry is on, and it is slow to load. */
export const telemetry = undefined;
