/** Bytes of messages held by an entity. Those of a subscription count for its topic too. */
export class Usage {
  #bytes = 0;
  readonly #whole: Usage | undefined;

  constructor(whole?: Usage) {
    this.#whole = whole;
  }

  get bytes(): number {
    return this.#bytes;
  }

  add(bytes: number): void {
    this.#bytes += bytes;
    this.#whole?.add(bytes);
  }

  remove(bytes: number): void {
    this.add(-bytes);
  }
}
