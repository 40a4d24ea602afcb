import { SignJWT, jwtVerify } from "jose";
import { z } from "zod";
import { Problem } from "../kernel/problem.ts";

const issuer = "interrole";
const algorithm = "HS256";
/** After that a client registers again. */
const validFor = "24h";

const claimsSchema = z.object({ sub: z.string().min(1), name: z.string() });

/** Whom a session token stands for. */
export interface Bearer {
  sessionId: string;
  userName: string;
}

/** Signs and checks session tokens: JSON Web Tokens, signed with a secret that all instances share. */
export class SessionTokens {
  readonly #secret: Uint8Array;

  constructor(secret: string) {
    this.#secret = new TextEncoder().encode(secret);
  }

  async issue({ sessionId, userName }: Bearer): Promise<string> {
    return await new SignJWT({ name: userName })
      .setProtectedHeader({ alg: algorithm })
      .setIssuer(issuer)
      .setSubject(sessionId)
      .setIssuedAt()
      .setExpirationTime(validFor)
      .sign(this.#secret);
  }

  /** Reads the Authorization header. Throws Problem `not-authorised` when there is no token in it, or one that is not ours or has expired. */
  async verify(authorization: string | null): Promise<Bearer> {
    const token = /^Bearer (\S+)$/i.exec(authorization ?? "")?.[1];
    if (token === undefined)
      throw new Problem("not-authorised", "Present the session's token as `Authorization: Bearer <token>`");
    try {
      const { payload } = await jwtVerify(token, this.#secret, { issuer, algorithms: [algorithm] });
      const { sub, name } = claimsSchema.parse(payload);
      return { sessionId: sub, userName: name };
    } catch {
      // Which of its faults it was is nobody's business who cannot sign one.
      throw new Problem("not-authorised", "The session token is not valid, or has expired; register again");
    }
  }
}
