/** Clients on each of the two nodes; each has a partner on the other one. */
export const clientsPerSide = 50;

/** Who sends: the clients of both sides. The partner of a client is as far into the other half. */
export const clients = 2 * clientsPerSide;

export const partnerOf = (client: number): number => (client + clientsPerSide) % clients;

/** Called with the text of a message when it has come, and with how long it took. */
export type OnReceived = (id: number, tookMs: number) => void;

/** Something that carries a message from a client on one node to its partner on the other one. */
export interface Carrier extends AsyncDisposable {
  /** Settles when the carrier has taken the message; throws when it does not. */
  send(client: number, text: string): Promise<void>;
}
