import { app } from "@azure/functions";

app.get("fromMjs", () => ({ body: "mjs" }));
