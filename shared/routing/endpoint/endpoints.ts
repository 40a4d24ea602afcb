import { parseAddress } from "../address.ts";
import type { Target } from "../routed-message.ts";
import { callEntity } from "./call-entity.ts";
import { callHttp } from "./call-http.ts";
import { callMailbox } from "./call-mailbox.ts";
import { Circuits, type CircuitLimits, type OnCircuit } from "./circuits.ts";
import { EndpointFailure, toFailure } from "./failure.ts";
import { HttpCalls } from "./http-call.ts";
import { judge } from "./judge.ts";
import type { Answer, Attempt, Call, CallTargets, EndpointPorts, Outcome, RouterEntry } from "./ports.ts";

export interface EndpointsParts extends EndpointPorts {
  onCircuit: OnCircuit;
  /** What tests change, to see it happen. */
  circuits?: CircuitLimits;
}

/** The endpoints that messages go to, as one process calls them: its connections, and which of them are down. */
export class Endpoints implements CallTargets {
  readonly #parts: EndpointsParts;
  readonly #calls: HttpCalls;
  readonly #circuits: Circuits;

  constructor(parts: EndpointsParts) {
    this.#parts = parts;
    this.#calls = new HttpCalls(parts);
    this.#circuits = new Circuits(parts.clock, parts.onCircuit, parts.circuits);
  }

  /**
   * Offers the message to the branch's targets in order, until one takes it. A target whose circuit is open is skipped; a message that is
   * refused as such is offered to no other. Never throws for what an endpoint did.
   */
  async callTargets(call: Call): Promise<Outcome> {
    const { clock } = this.#parts;
    const endMs = clock.monotonicMs() + call.withinMs;
    const attempts: Attempt[] = [];
    const waitsMs: number[] = [];
    let answer: Answer | undefined;
    let isFinal = true;
    for (const target of call.branch.targets) {
      const startMs = clock.monotonicMs();
      if (startMs >= endMs) {
        isFinal = false;
        break;
      }
      const circuit = `${target.name} ${target.address}`;
      const waitMs = this.#circuits.enter(circuit);
      if (waitMs > 0) {
        waitsMs.push(waitMs);
        continue;
      }
      const withinMs = Math.min(target.timeoutMs, endMs - startMs);
      const tried = await this.#try(circuit, target, { ...call, withinMs });
      const tookMs = Math.round(clock.monotonicMs() - startMs);
      attempts.push(attemptOf(target, tried, tookMs));
      if (!(tried instanceof EndpointFailure))
        return { kind: "taken", endpoint: target.name, answer: tried, attempts };
      answer = tried.answer ?? answer;
      if (tried.scope === "message") return { kind: "failed", isFinal: true, answer, attempts };
      if (tried.scope === "moment") isFinal = false;
    }
    if (attempts.length === 0 && waitsMs.length > 0)
      return { kind: "skipped", afterMs: Math.min(...waitsMs), attempts };
    return { kind: "failed", isFinal: isFinal && waitsMs.length === 0, answer, attempts };
  }

  close(): void {
    this.#calls.close();
  }

  async #try(circuit: string, target: Target, call: Call): Promise<Answer | EndpointFailure | undefined> {
    try {
      const answer = await this.#call(target, call);
      this.#circuits.succeeded(circuit);
      return answer;
    } catch (error) {
      const failure = toFailure(error);
      // Who says what is wrong with a message is not down.
      if (failure.scope === "moment" && !failure.answer?.isFault) this.#circuits.failed(circuit);
      else this.#circuits.succeeded(circuit);
      return failure;
    }
  }

  async #call(target: Target, call: Call): Promise<Answer | undefined> {
    const address = parseAddress(target.address);
    if ("fault" in address) throw new EndpointFailure("target", `its address ${address.fault}`);
    switch (address.kind) {
      case "http":
        return await callHttp({ calls: this.#calls, ports: this.#parts }, { target, url: address.url }, call);
      case "queue":
      case "topic":
        await callEntity(this.#parts, address.entity, call);
        break;
      case "session":
        await callMailbox(this.#parts, { session: address.sessionId }, call);
        break;
      case "user":
        await callMailbox(this.#parts, { user: address.userName }, call);
        break;
      case "router": {
        const entry = toEntry(call, address);
        if (target.exchange !== "request-reply") {
          await this.#parts.submitToRouter(entry);
          break;
        }
        const answer = await this.#parts.requestThroughRouter(entry);
        judge(answer, target.exchange, call.branch.backupOnFault);
        return answer;
      }
    }
    return undefined;
  }
}

function toEntry(
  call: Call,
  { table, inbound }: { table: string | undefined; inbound: string },
): RouterEntry {
  const { message, branch, withinMs } = call;
  const { pass } = message;
  return {
    table: table ?? pass.table,
    inbound,
    suppliedId: branch.id,
    message: { ...message, pass: { ...pass, hop: pass.hop + 1 } },
    withinMs,
  };
}

function attemptOf(target: Target, tried: Answer | EndpointFailure | undefined, tookMs: number): Attempt {
  const status = tried?.status;
  return {
    endpoint: target.name,
    ...(status === undefined ? {} : { status }),
    ...(tried instanceof EndpointFailure
      ? { error: tried.message, ...(tried.isTimeout ? { isTimeout: true } : {}) }
      : {}),
    tookMs,
  };
}
