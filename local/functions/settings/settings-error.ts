/** A setting that cannot be used. The message says which one, why, and what to do about it; it never holds a secret. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
}
