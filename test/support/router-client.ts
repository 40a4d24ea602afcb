import { z } from "zod";
import { eventually } from "./eventually.ts";

const storedSchema = z.object({ version: z.union([z.number(), z.string()]) });

const statusSchema = z.object({
  instances: z.array(
    z.object({
      machine: z.string(),
      tables: z.array(z.object({ name: z.string(), version: z.string().optional() }).loose()),
    }),
  ),
});

/** What a program does with the router of one instance, over HTTP. */
export class RouterClient {
  readonly #url: string;

  constructor(url: string) {
    this.#url = `${url}/api`;
  }

  /** Stores a version of a table, whatever there was before; returns its number. */
  async put(table: { name: string } & Record<string, unknown>): Promise<number> {
    const before = await fetch(`${this.#url}/routing/tables/${table.name}`);
    const etag = before.headers.get("etag");
    const condition: Record<string, string> =
      before.ok && etag !== null ? { "if-match": etag } : { "if-none-match": "*" };
    const answer = await this.#call("PUT", `/routing/tables/${table.name}`, table, condition);
    return Number(storedSchema.parse(await answer.json()).version);
  }

  async activate(table: string, version: number, refresh = true): Promise<void> {
    await this.#call("POST", `/routing/tables/${table}/activate`, { version, refresh });
  }

  /** Stores a table, makes it live, and waits until every instance serves it. Returns what messages are stamped with. */
  async live(table: { name: string } & Record<string, unknown>): Promise<string> {
    const version = await this.put(table);
    await this.activate(table.name, version);
    const stamp = `${table.name}@${version}`;
    await eventually(async () => {
      const versions = Object.values(await this.versions(table.name));
      if (!versions.every((served) => served === stamp)) throw new Error(`They serve ${versions.join(", ")}`);
    });
    return stamp;
  }

  async command(name: "refresh" | "set" | "reset", body: object): Promise<void> {
    await this.#call("POST", `/routing/manager/${name}`, body);
  }

  /** The version of a table that each instance serves. */
  async versions(table: string): Promise<Record<string, string>> {
    const answer = await this.#call("GET", "/routing/manager/status");
    const { instances } = statusSchema.parse(await answer.json());
    return Object.fromEntries(
      instances.map(({ machine, tables }) => [
        machine,
        tables.find(({ name }) => name === table)?.version ?? "not loaded",
      ]),
    );
  }

  /** Hands the router a message. The answer is as it came, whatever its status. */
  async send(inbound: string, body: string, headers: Record<string, string> = {}): Promise<Response> {
    return await fetch(`${this.#url}/router/${inbound}`, { method: "POST", body, headers });
  }

  /** What was decided of a message, and what became of it. */
  async message(id: string): Promise<unknown> {
    return await (await this.#call("GET", `/router/messages/${id}`)).json();
  }

  /** Sends what is kept as unmatched through the tables of today. */
  async replay(): Promise<unknown> {
    return await (await this.#call("POST", "/router/unmatched/replay", {})).json();
  }

  async #call(
    method: string,
    path: string,
    body?: object,
    headers: Record<string, string> = {},
  ): Promise<Response> {
    const answer = await fetch(`${this.#url}${path}`, {
      method,
      headers: { "content-type": "application/json", ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer;
  }
}
