const pollMs = 250;

/**
 * Calls back once when the process that started this one is gone. npm puts a shell in between, and neither hands every signal
 * on: without this, ending npm would leave the fleet running with nobody to stop it. Returns what ends the watching.
 */
export function onParentGone(onGone: () => void): () => void {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    onGone();
  }, pollMs);
  timer.unref();
  return () => clearInterval(timer);
}
