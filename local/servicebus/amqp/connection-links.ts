import type { Receiver, Sender, Session } from "rhea";
import { BrokerError } from "../broker-error.ts";
import type { SessionLock } from "../store/session.ts";
import { ConsumerLink } from "./consumer-link.ts";
import type { OpenLink } from "./open-link.ts";
import { ReplyLink } from "./reply-link.ts";
import { type RawLink, rawLink } from "./rhea-shapes.ts";

type LastWord = (link: Sender | Receiver, open: OpenLink) => void;

/** The attached links of one connection. */
export class ConnectionLinks {
  #links = new Map<Sender | Receiver, OpenLink>();

  get size(): number {
    return this.#links.size;
  }

  add(link: Sender | Receiver, open: OpenLink): void {
    this.#links.set(link, open);
  }

  get(link: Sender | Receiver | undefined): OpenLink | undefined {
    return link === undefined ? undefined : this.#links.get(link);
  }

  /** Forgets a link and has it let go of what it holds; before that, the last word may be said on it. */
  drop(link: Sender | Receiver | undefined, lastWord?: LastWord): void {
    const open = this.get(link);
    if (link === undefined || open === undefined) return;
    this.#links.delete(link);
    lastWord?.(link, open);
    open.dispose();
  }

  /** Ends a link whose place another takes. */
  steal(link: RawLink): void {
    for (const [attached, open] of this.#links) {
      if (rawLink(attached) !== link) continue;
      open.end(new BrokerError("amqp:link:stolen", "The link was attached anew."));
    }
  }

  dropSession(session: Session | undefined, lastWord?: LastWord): void {
    for (const link of this.#links.keys()) if (link.session === session) this.drop(link, lastWord);
  }

  dropAll(lastWord?: LastWord): void {
    for (const link of this.#links.keys()) this.drop(link, lastWord);
  }

  /** Lets every link of a session that waits for its window send. */
  pumpSession(session: Session): void {
    for (const [link, open] of this.#links) if (link.session === session) pump(open);
  }

  pumpAll(): void {
    for (const open of this.#links.values()) pump(open);
  }

  all(): OpenLink[] {
    return [...this.#links.values()];
  }

  /**
   * The link that takes the replies for a request. Clients name it in reply-to by its target address or by its name; those that
   * do not get the newest link of the node, of their own AMQP session if there is one.
   */
  replyLink(node: string, replyTo: string | undefined, session: Session): ReplyLink | undefined {
    let inSession: ReplyLink | undefined;
    let anywhere: ReplyLink | undefined;
    for (const [link, open] of this.#links) {
      if (!(open instanceof ReplyLink) || open.node !== node) continue;
      if (replyTo !== undefined && (open.address === replyTo || open.name === replyTo)) return open;
      anywhere = open;
      if (link.session === session) inSession = open;
    }
    return inSession ?? anywhere;
  }

  /** The session lock of the link with that name, for what only the holder may do. */
  heldSession(linkName: unknown): SessionLock | undefined {
    for (const open of this.#links.values()) {
      if (open instanceof ConsumerLink && open.name === linkName && open.session?.held === true)
        return open.session;
    }
    return undefined;
  }
}

function pump(open: OpenLink): void {
  if (open instanceof ConsumerLink) open.pump();
  else if (open instanceof ReplyLink) open.flush();
}
