const { app } = require("@azure/functions");

app.timer("everySecond", {
  schedule: "* * * * * *",
  handler: (_timer, context) => context.log("everySecond ran"),
});
app.timer("atLastRight", {
  schedule: "0 0 0 1 1 *",
  runOnStartup: true,
  retry: { strategy: "fixedDelay", delayInterval: { seconds: 0 }, maxRetryCount: 5 },
  handler: (_timer, context) => {
    const attempt = context.retryContext?.retryCount ?? 0;
    if (attempt < 2) throw new Error(`wrong on attempt ${attempt}`);
    context.log(`right on attempt ${attempt}`);
  },
});
