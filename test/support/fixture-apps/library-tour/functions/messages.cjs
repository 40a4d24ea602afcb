// Service Bus in and out: one message and many, queue and topic, what a function returns and what it sets.
const { app, output } = require("@azure/functions");

const connection = "Bus";
const queue = (queueName) => ({ connection, queueName });

function tells(name) {
  return (message, context) => context.log(`${name} got "${String(message)}"`);
}

app.serviceBusQueue("oneInOneOut", {
  ...queue("%ONE_IN%"),
  return: output.serviceBusQueue(queue("%ONE_OUT%")),
  handler: (message, context) => {
    context.log(`oneInOneOut got "${String(message)}"`);
    return message;
  },
});
app.serviceBusQueue("one", { ...queue("%ONE_OUT%"), handler: tells("one") });

app.serviceBusTopic("topicInTopicOut", {
  connection,
  topicName: "%TOPIC_IN%",
  subscriptionName: "%SUB_IN%",
  return: output.serviceBusTopic({ connection, topicName: "%TOPIC_OUT%" }),
  handler: (message, context) => {
    context.log(`topicInTopicOut got "${String(message)}"`);
    return message;
  },
});
app.serviceBusTopic("topic", {
  connection,
  topicName: "%TOPIC_OUT%",
  subscriptionName: "%SUB_OUT%",
  handler: tells("topic"),
});

app.serviceBusQueue("manyInManyOut", {
  ...queue("%MANY_IN%"),
  cardinality: "many",
  return: output.serviceBusQueue(queue("%MANY_OUT%")),
  handler: (messages, context) => {
    for (const message of messages) context.log(`manyInManyOut got "${String(message)}"`);
    return messages.map((message) => JSON.stringify(message));
  },
});
app.serviceBusQueue("many", {
  ...queue("%MANY_OUT%"),
  cardinality: "many",
  handler: (messages) => {
    for (const message of messages) console.log(`many got "${String(message)}"`);
  },
});

const extra = output.serviceBusQueue(queue("%ONE_OUT%"));
app.http("post", {
  methods: ["POST"],
  authLevel: "function",
  extraOutputs: [extra],
  handler: async (request, context) => {
    const { output: value } = await request.json();
    context.extraOutputs.set(extra, value);
    return { body: "done" };
  },
});
