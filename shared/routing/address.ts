/** Where an endpoint is, read from its address. */
export type Address =
  | { kind: "http"; url: URL }
  | { kind: "queue" | "topic"; entity: string }
  | { kind: "session"; sessionId: string }
  | { kind: "user"; userName: string }
  | { kind: "router"; table: string | undefined; inbound: string };

const schemes =
  "http(s)://…, queue:NAME, topic:NAME, session:ID, user:NAME, router:INBOUND or router:TABLE/INBOUND";
const entityName = /^[A-Za-z0-9](?:[A-Za-z0-9._~/-]{0,258}[A-Za-z0-9_~-])?$/;
const id = /^[A-Za-z0-9_-]{1,128}$/;
const routerTarget = /^(?:([A-Za-z0-9][A-Za-z0-9._:-]{0,127})\/)?([A-Za-z0-9][A-Za-z0-9._:-]{0,127})$/;
const maxUserNameLength = 128;

/** Reads the address of an endpoint, or says what is allowed. Whether sending there is allowed, the outbound policy says. */
export function parseAddress(text: string): Address | { fault: string } {
  const colon = text.indexOf(":");
  const scheme = text.slice(0, Math.max(colon, 0)).toLowerCase();
  const rest = text.slice(colon + 1);
  switch (scheme) {
    case "http":
    case "https":
      return httpAddress(text);
    case "queue":
    case "topic":
      return entityName.test(rest)
        ? { kind: scheme, entity: rest }
        : fault(`'${rest}' is no name of a ${scheme}`);
    case "session":
      return id.test(rest) ? { kind: "session", sessionId: rest } : fault(`'${rest}' is no id of a session`);
    case "user":
      return rest.length > 0 && rest.length <= maxUserNameLength
        ? { kind: "user", userName: rest }
        : fault(`a user name has 1 to ${maxUserNameLength} characters`);
    case "router": {
      const parts = routerTarget.exec(rest);
      return parts
        ? { kind: "router", table: parts[1], inbound: parts[2] ?? "" }
        : fault(`'${rest}' is no inbound endpoint`);
    }
    default:
      return fault(`must be ${schemes}`);
  }
}

function httpAddress(text: string): Address | { fault: string } {
  if (!URL.canParse(text)) return fault("is no valid URL");
  const url = new URL(text);
  if (url.username || url.password) return fault("must not hold a user or password: use `authentication`");
  if (url.hash) return fault("must not hold a fragment (#)");
  return { kind: "http", url };
}

const fault = (text: string): { fault: string } => ({ fault: text });
