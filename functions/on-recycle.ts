import type { OnRecycle } from "../shared/recycle/act.ts";

/**
 * Your application's place: called when this instance has agreed to recycle, before it drains. Save what must be saved. Throwing
 * refuses: the instance stays in service, and the operation reports `failed` with the error's message.
 */
export const onRecycle: OnRecycle = () => undefined;
