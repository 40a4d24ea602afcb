// An app on Service Bus and on a timer. Every message that a function has seen is a line of JSON.
const { app, output } = require("@azure/functions");

const tell = (what) => console.log(JSON.stringify(what));
const connection = "Bus";
const forward = output.serviceBusQueue({ queueName: "%OUT%", connection });
const extra = output.serviceBusQueue({ queueName: "%OUT%", connection });

app.serviceBusQueue("take", {
  connection,
  queueName: "%IN%",
  handler: async (message, context) => {
    const { deliveryCount } = context.triggerMetadata;
    tell({ take: message, deliveryCount });
    if (message === "die" && deliveryCount === 1) process.exit(1);
    if (message === "recycle" && deliveryCount === 1) setTimeout(() => process.exit(200), 50);
    if (message === "hang" && deliveryCount === 1) await new Promise(() => {});
    if (message === "slow") await new Promise((resolve) => setTimeout(resolve, 300));
    tell({ done: message });
  },
});
app.serviceBusQueue("pass", {
  connection,
  queueName: "%PASS%",
  return: forward,
  handler: (message) => `passed ${String(message)}`,
});
app.http("send", {
  route: "send",
  methods: ["POST"],
  extraOutputs: [extra],
  handler: async (request, context) => {
    context.extraOutputs.set(extra, await request.json());
    return { status: 202 };
  },
});
app.timer("tick", { schedule: "0 0 0 1 1 *", handler: (timer) => tell({ tick: timer.isPastDue }) });
app.timer("stubborn", {
  schedule: "0 0 0 1 1 *",
  retry: { strategy: "fixedDelay", delayInterval: 0, maxRetryCount: 5 },
  handler: (_timer, context) => {
    const attempt = context.retryContext?.retryCount ?? 0;
    tell({ stubborn: attempt, max: context.retryContext?.maxRetryCount });
    if (attempt < 2) throw new Error(`not yet ${attempt}`);
  },
});
app.timer("often", { schedule: "%OFTEN%", handler: () => tell({ often: process.pid }) });
