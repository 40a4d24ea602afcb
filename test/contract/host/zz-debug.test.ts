import { expect, test } from "vitest";
import { openBus } from "../../support/bus.ts";
import { eventually } from "../../support/eventually.ts";
import { listening, text, textsIn } from "../../support/listening.ts";
const kinds = [["one", {}], ["many", { cardinality: "many" }], ["sess", { isSessionsEnabled: true }]] as const;
test.each(kinds)("cut %s", async (_n, o) => {
  await using bus = await openBus({});
  const s = "isSessionsEnabled" in o;
  const queue = await bus.queue({ requiresSession: s });
  await using host = listening(bus, { binding: { queueName: queue, ...o } });
  await host.listener.start();
  const t0 = Date.now();
  for (let cut = 0; cut < 10; cut++) {
    const c = bus.newClient();
    await c.createSender(queue).sendMessages(text(`${cut}`, s ? { sessionId: `${cut}` } : {}));
    await c.close();
    await eventually(() => expect(host.calls.flatMap(textsIn)).toContain(`${cut}`), { withinMs: 70000 });
    console.log(_n, "got", cut, Date.now() - t0, host.listener.state, host.logged.length);
    bus.embedded!.dropConnections();
  }
  console.log(host.logged.map((l) => l.message));
}, 100000);
