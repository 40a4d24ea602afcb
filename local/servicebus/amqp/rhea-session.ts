import { maxMessageBytes } from "../limits.ts";
import { isAccepted, isTrue } from "./rhea-values.ts";
import type {
  Incoming,
  Outgoing,
  Performative,
  RawDelivery,
  RawLink,
  RawSession,
  Ring,
} from "./rhea-shapes.ts";

/** What a session tells its owner about. */
export interface SessionHooks {
  /** The client widened its window, or granted credit: links may be able to send. */
  readonly windowMoved: () => void;
  /** The client attached a link anew that is still attached: the new one takes its place. */
  readonly stolen: (link: RawLink) => void;
}

/** Prepares a session that a client has begun. */
export function prepareSession(session: RawSession, hooks: SessionHooks): void {
  keepRawMessages(session);
  boundDispositions(session);
  tellOutcomesApart(session);
  const stolen = new Set<RawLink>();
  keepLinkNamesApart(session, (link) => {
    hooks.stolen(link);
    stolen.add(link);
  });
  attachFirst(session, stolen);
  forgetExactly(session);
  repairFlows(session, hooks);
}

/**
 * Has messages handed over as bytes. Without it rhea decodes those of format 0 and loses the AMQP types in them.
 * Also: an aborted transfer is dropped rather than taken for a message, a frame without payload is not taken for `undefined`,
 * a message far beyond the limit is not gathered in memory, delivery ids need not follow on each other, and a client that sends more than it may
 * is told so.
 */
function keepRawMessages(session: RawSession): void {
  const { incoming } = session;
  const onTransfer = incoming.on_transfer.bind(incoming);
  incoming.on_transfer = (frame, receiver) => {
    const { performative } = frame;
    const partial = receiver._incomplete;
    if (isTrue(performative.aborted)) {
      incoming.next_transfer_id++;
      if (partial !== undefined) partial.settled = true;
      receiver._incomplete = undefined;
      return;
    }
    if (partial === undefined) {
      if (performative.delivery_id == null) throw new Error("A message begins without a delivery-id.");
      if (!receiver.is_receiver()) throw new Error("A message was sent on a link that is for receiving.");
      if (receiver.credit <= 0) throw new Error("A message was sent without credit.");
    }
    if ((performative.message_format ?? 0) === 0 && partial === undefined) performative.message_format = 1;
    frame.payload ??= Buffer.alloc(0);
    if (partial !== undefined) {
      partial.bytes = (partial.bytes ?? partial.frames[0]?.length ?? 0) + frame.payload.length;
      // One frame more than allowed is kept, so that the message is seen to be too large when it is complete.
      if (partial.bytes - frame.payload.length > maxMessageBytes) frame.payload = Buffer.alloc(0);
    }
    // Azure takes delivery ids as they come: they wrap around, and clients that send from several threads mix them up.
    if (partial === undefined) incoming.next_delivery_id = performative.delivery_id ?? 0;
    onTransfer(frame, receiver);
  };
}

/**
 * Keeps a disposition within the deliveries that are still open. Without it a range of four thousand million ids blocks
 * the process, and an id that is settled already can hit another delivery in the ring.
 */
function boundDispositions({ outgoing, incoming }: RawSession): void {
  for (const direction of [outgoing, incoming]) {
    const onDisposition = direction.on_disposition.bind(direction);
    direction.on_disposition = (fields) => {
      if (narrow(fields, direction.deliveries)) onDisposition(fields);
    };
  }
}

/** Cuts a range of delivery ids down to those in the ring; false when there are none. */
function narrow(fields: Performative, deliveries: Ring): boolean {
  const head = deliveries.get_head();
  if (head === undefined) return false;
  const first = Math.max(fields.first, head.id);
  const last = Math.min(fields.last ?? fields.first, head.id + deliveries.size - 1);
  fields.first = first;
  fields.last = last;
  return first <= last;
}

/**
 * Writes outcomes in runs that are alike. rhea writes two neighbours as one range with the outcome of the first, whatever that of
 * the second is: a client would take a message that was refused for one that was accepted, and lose it.
 */
function tellOutcomesApart({ outgoing, incoming }: RawSession): void {
  writeInRuns(outgoing, () => outgoing.pending_dispositions);
  writeInRuns(incoming, () => incoming.updated);
}

function writeInRuns(direction: Outgoing | Incoming, queue: () => RawDelivery[]): void {
  let unwritten: RawDelivery[] = [];
  const update = direction.update.bind(direction);
  direction.update = (delivery, settled, state) => {
    update(delivery, settled, state);
    unwritten.push(...queue().splice(0));
  };
  const process = direction.process.bind(direction);
  direction.process = (session) => {
    process(session);
    const settled = unwritten;
    unwritten = [];
    for (const run of runsOf(settled)) {
      queue().push(...run);
      process(session);
    }
  };
}

/** Only accepted deliveries may share a run: other outcomes carry what is said of one message. */
function runsOf(deliveries: readonly RawDelivery[]): RawDelivery[][] {
  const runs: RawDelivery[][] = [];
  let open = false;
  for (const delivery of deliveries) {
    const accepted = isAccepted(delivery.state);
    if (open && accepted) runs.at(-1)?.push(delivery);
    else runs.push([delivery]);
    open = accepted;
  }
  return runs;
}

/**
 * Lets a name be used again. rhea keeps links by name alone: without this a link that is attached anew in the same read as its
 * detach is never answered, a sender and a receiver of one name are taken for one link, and a client that attaches anew without a
 * detach loses its connection.
 */
function keepLinkNamesApart(session: RawSession, steal: (link: RawLink) => void): void {
  const onAttach = session.on_attach.bind(session);
  let renamed = 0;
  session.on_attach = (frame) => {
    const name = frame.performative.name ?? "";
    const existing = session.links[name];
    const sameRole = existing !== undefined && existing.is_receiver() !== isTrue(frame.performative.role);
    if (existing !== undefined) {
      delete session.links[name];
      existing.name = `${name}\0${++renamed}`;
      session.links[existing.name] = existing;
      if (sameRole && existing.state.remote_open) steal(existing);
    }
    onAttach(frame);
    const link = session.links[name];
    if (link !== undefined && frame.performative.handle != null)
      link.remote.handle = frame.performative.handle;
  };
}

/**
 * Answers attaches before messages go out. Without it a client that grants credit along with its attach gets messages on a link
 * that it has had no answer for, and closes the connection. A link whose place another takes goes before that one comes.
 */
function attachFirst(session: RawSession, stolen: Set<RawLink>): void {
  const { outgoing } = session;
  const process = outgoing.process.bind(outgoing);
  outgoing.process = (given) => {
    for (const link of stolen) link._process();
    stolen.clear();
    for (const link of Object.values(session.links)) {
      if (link.state.need_open()) session.output(link.local.attach);
    }
    process(given);
  };
}

/** Removes exactly the link that is meant. rhea leaves it among the remote handles, or removes the one that reuses its handle. */
function forgetExactly(session: RawSession): void {
  session.remove_link = (link) => {
    const { handle } = link.remote;
    if (handle !== undefined && session.remote.handles[handle] === link)
      delete session.remote.handles[handle];
    if (session.local.handles[link.local.handle] === link) delete session.local.handles[link.local.handle];
    if (session.links[link.name] === link) delete session.links[link.name];
  };
}

/**
 * Fills in a missing delivery-count (credit would become NaN), answers `echo`, and tells of flows without a link: rhea raises
 * no event for them, and a link that waits for the session's window would wait for ever.
 */
function repairFlows(session: RawSession, hooks: SessionHooks): void {
  const onFlow = session.on_flow.bind(session);
  session.on_flow = (frame) => {
    const { performative } = frame;
    const link = performative.handle == null ? undefined : session.remote.handles[performative.handle];
    if (link !== undefined && performative.delivery_count == null)
      performative.delivery_count = link.delivery_count;
    onFlow(frame);
    if (isTrue(performative.echo)) {
      if (link === undefined) session._write_flow();
      else link.issue_flow = true;
    }
    if (link === undefined) hooks.windowMoved();
  };
}

/** Runs after rhea has written what was waiting to be sent. */
export function afterProcess(session: RawSession, run: () => void): void {
  const { outgoing } = session;
  const process = outgoing.process.bind(outgoing);
  outgoing.process = (given) => {
    process(given);
    run();
  };
}
