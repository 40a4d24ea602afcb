// What the local host cannot do: each must be told at start, and must not keep the others from running.
const { app, input, output } = require("@azure/functions");

const handler = () => undefined;
const connection = "Storage";

app.storageQueue("storageQueue", { connection, queueName: "q", handler });
app.storageBlob("storageBlob", { connection, path: "in/{name}", handler });
app.eventHub("eventHub", { connection, eventHubName: "h", handler });
app.cosmosDB("cosmosDB", { connection, databaseName: "d", containerName: "c", handler });
app.eventGrid("eventGrid", { handler });
app.sql("sql", { connectionStringSetting: connection, tableName: "t", handler });
app.warmup("warmup", { handler });
app.serviceBusQueue("sdkMessages", { connection: "Bus", queueName: "q", sdkBinding: true, handler });

const table = input.table({ connection, tableName: "t" });
app.get("tableInput", { extraInputs: [table], handler });
const blob = output.storageBlob({ connection, path: "out/x" });
app.get("blobOutput", { extraOutputs: [blob], handler });
app.http("nowhereOutput", {
  handler,
  extraOutputs: [output.serviceBusQueue({ connection: "NOT_SET", queueName: "q" })],
});
