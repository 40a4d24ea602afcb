import type { AccessKey } from "../sas.ts";

/** One SASL exchange as rhea runs it: `outcome` is set when it is over. */
interface Mechanism {
  outcome: boolean | undefined;
  username: string | undefined;
  start(response: Buffer | undefined): void;
  step(): void;
}

/**
 * The mechanisms offered to a client. ANONYMOUS and MSSBCBS let everybody in, to put a token at `$cbs` then;
 * PLAIN takes the name of the key and the key, and needs no token after that.
 */
export function saslMechanisms(
  access: AccessKey,
  authenticated: () => void,
): Record<string, () => Mechanism> {
  const open = () => mechanism(() => true);
  const plain = () =>
    mechanism((response) => {
      const [, user, password] = (response ?? Buffer.alloc(0)).toString("utf8").split("\0");
      const known = user === access.keyName && password === access.key;
      if (known) authenticated();
      return known;
    });
  return { MSSBCBS: open, PLAIN: plain, ANONYMOUS: open };
}

function mechanism(check: (response: Buffer | undefined) => boolean): Mechanism {
  return {
    outcome: undefined,
    username: undefined,
    start(response) {
      this.outcome = check(response);
    },
    step() {
      this.outcome = false;
    },
  };
}
