const { app } = require("@azure/functions");

app.get("fromCjs", () => ({ body: "cjs" }));
