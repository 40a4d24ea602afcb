// One socket.io server of two, with the adapter that the arguments name.

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createAdapter as createRedisAdapter } from "@socket.io/redis-adapter";
import { Redis } from "ioredis";
import { Server, type ServerOptions } from "socket.io";
import { connectBus } from "../shared/bus/connect.ts";
import { administrationClient } from "../test/support/entities.ts";
import { serviceBusAdapter } from "./service-bus-adapter.ts";

const [kind, ...places] = process.argv.slice(2);

const http = createServer();
const io = new Server(http, { adapter: await chooseAdapter() });
await io.of("/").adapter.init();
io.on("connection", (socket) => {
  socket.on("send", (to: string, text: string, taken: () => void) => {
    io.to(to).emit("message", text);
    taken();
  });
});
http.listen(0, "127.0.0.1", () => {
  const address: AddressInfo | string | null = http.address();
  if (typeof address === "object" && address) process.send?.({ port: address.port });
});
for (const end of ["SIGTERM", "disconnect"]) process.on(end, () => process.exit(0));

async function chooseAdapter(): Promise<NonNullable<ServerOptions["adapter"]>> {
  const [first = "", second = ""] = places;
  if (kind === "redis") {
    const publishing = new Redis(Number(first), "127.0.0.1");
    return createRedisAdapter(publishing, publishing.duplicate());
  }
  return await serviceBusAdapter(connectBus({ connectionString: first }), administrationClient(second));
}
