import { app } from "@azure/functions";
import { runtime } from "./app-runtime.ts";
import "./control.ts";
import "./counter-requests.ts";
import "./counters.ts";
import "./example-controller.ts";
import "./health.ts";
import "./messages.ts";
import "./operations.ts";
import "./presence.ts";
import "./recycle-requests.ts";
import "./recycle.ts";
import "./roles.ts";
import "./router-inbox.ts";
import "./router-outbox.ts";
import "./router.ts";
import "./routing-manager.ts";
import "./routing-tables.ts";
import "./routing-trials.ts";
import "./session-events.ts";
import "./sessions.ts";

// Server-sent events need streaming, and it can only be turned on for the whole app.
app.setup({ enableHttpStream: true });
app.hook.appStart(() => runtime.start());
app.hook.appTerminate(() => runtime.stop());
