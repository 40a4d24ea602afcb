// Each kind of hook, what they may change and what they may not, and the data that they share.
const { app } = require("@azure/functions");

const watched = "withHooks";

app.hook.appStart((context) => {
  context.hookData.fromStart = "remembered since start";
  console.log("appStart ran");
});
app.hook.appTerminate((context) => console.log(`appTerminate ran: ${String(context.hookData.fromStart)}`));
app.hook.preInvocation((context) => {
  const { invocationContext, inputs, functionHandler } = context;
  if (invocationContext.functionName !== watched) return;
  const kinds = inputs.map((input) => input.constructor.name);
  invocationContext.log(`preInvocation ran with ${JSON.stringify(kinds)}`);
  inputs.push("one more input");
  context.functionHandler = (...args) => {
    invocationContext.log("the replaced handler ran");
    return functionHandler(...args);
  };
  context.hookData.fromBefore = "remembered since before";
  for (const name of ["hookData", "invocationContext"]) {
    try {
      context[name] = {};
    } catch (error) {
      invocationContext.log(`refused: ${error.message}`);
    }
  }
});
app.hook.preInvocation(({ invocationContext }) => invocationContext.log("a disposed hook ran")).dispose();
app.hook.postInvocation(({ invocationContext, error, result, hookData }) => {
  if (invocationContext.functionName !== watched) return;
  invocationContext.log(
    `postInvocation ran: error ${String(error)}, result ${JSON.stringify(result)}, data ${String(hookData.fromBefore)}`,
  );
});
app.hook.postInvocation(() => new Promise((resolve) => setTimeout(resolve, 20)));
