// Stands in for a Functions host where the supervisor alone is tested: it listens, has a worker, drains, and can be made to
// misbehave through its settings. It keeps the same promises as a host: IPC tells the worker, a lost parent is the end.
import { fork } from "node:child_process";
import { createServer } from "node:http";

if (process.argv[2] === "worker") {
  process.on("disconnect", () => process.exit(1));
} else {
  host();
}

function host() {
  const port = Number(process.argv[process.argv.indexOf("--port") + 1]);
  const { INSTANCE_ID, ROLE_NAME, FIXTURE = "", FIXTURE_NOTE = "" } = process.env;
  if (FIXTURE === "ends-at-once") process.exit(3);
  const tell = (event, message, fields) => {
    const time = new Date().toISOString();
    console.log(
      JSON.stringify({
        time,
        level: "info",
        event,
        instance: INSTANCE_ID,
        role: ROLE_NAME,
        message,
        ...fields,
      }),
    );
  };

  let worker;
  const startWorker = () => {
    worker = fork(process.argv[1], ["worker"], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
    process.send?.({ type: "worker", pid: worker.pid });
    worker.once("exit", () => startWorker());
  };
  startWorker();

  const server = createServer((request, response) => {
    const isReady = request.url === "/api/health/ready" && FIXTURE !== "never-ready";
    response.writeHead(isReady ? 200 : 503).end(JSON.stringify({ reason: "as the fixture was told" }));
  });
  server.listen(port, "127.0.0.1", () => {
    console.log(`listening on ${port}`);
    tell("fixture.ready", "The fixture listens.", {
      note: FIXTURE_NOTE,
      heartbeat: process.env.HEARTBEAT_MS,
    });
  });

  process.on("SIGTERM", () => {
    if (FIXTURE === "never-drains") return;
    tell("fixture.drained", "The fixture has drained.");
    process.exit(0);
  });
  process.on("SIGINT", () => tell("fixture.interrupted", "The terminal's Ctrl-C reached the host."));
  process.on("disconnect", () => process.exit(1));
}
