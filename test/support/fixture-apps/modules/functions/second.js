import { app } from "@azure/functions";

await new Promise((resolve) => setTimeout(resolve, 1));
app.get("fromModule", () => ({ body: "module" }));
