import { once } from "node:events";
import { request, type ClientRequest } from "node:http";

/** A POST whose body is still missing: in flight on the instance until `finish`. */
export class SlowRequest {
  readonly #request: ClientRequest;

  private constructor(pending: ClientRequest) {
    this.#request = pending;
  }

  /** Sends the head and the first byte of the body; settles when they are on their way. */
  static async begin(url: string): Promise<SlowRequest> {
    const pending = request(url, { method: "POST", headers: { "content-type": "application/json" } });
    await new Promise<void>((resolve, reject) => {
      pending.once("error", reject);
      pending.write(" ", (error) => (error ? reject(error) : resolve()));
    });
    return new SlowRequest(pending);
  }

  /** Sends the rest; gives the answer's status. */
  async finish(body: string): Promise<number> {
    const answered = once(this.#request, "response");
    this.#request.end(body);
    const [response] = await answered;
    response.resume();
    return Number(response.statusCode);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#request.destroy();
  }
}
