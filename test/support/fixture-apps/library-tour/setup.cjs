const { app } = require("@azure/functions");

app.setup({ enableHttpStream: process.env.STREAMING === "1" });
