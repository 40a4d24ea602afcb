import type { InputFault, ProblemDetails, ProblemKind } from "../shared/kernel/problem.ts";

const typePrefix = "urn:interrole:problem:";
/** The type of what is no problem+json: RFC 9457 names it so. */
const noType = "about:blank";

/** What the server answered instead of doing what was asked: its problem+json, as an error. */
export class InterroleProblem extends Error {
  override readonly name = "InterroleProblem";
  /** A URN that never changes its meaning. */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  /** What was wrong with the input, and where. */
  readonly errors: readonly InputFault[];
  /** When it makes sense to ask again, if the server said so. */
  readonly retryAfterMs: number | undefined;

  constructor(details: ProblemDetails, retryAfterMs?: number) {
    super(`${details.title}: ${details.detail}`);
    this.type = details.type;
    this.title = details.title;
    this.status = details.status;
    this.detail = details.detail;
    this.errors = details.errors ?? [];
    this.retryAfterMs = retryAfterMs;
  }

  /** Whether it is the app that spoke, rather than its host or a proxy: those know only that it did not. */
  get isOurs(): boolean {
    return this.type !== noType;
  }

  /** The last part of the type, such as `session-closed`. */
  get kind(): ProblemKind | (string & {}) {
    return this.type.startsWith(typePrefix) ? this.type.slice(typePrefix.length) : this.type;
  }
}

/** No answer came: the network failed, or nothing was heard in time. What was asked may have been done all the same. */
export class InterroleUnreachable extends Error {
  override readonly name = "InterroleUnreachable";
}

/** The problem that an answer tells. Answers of proxies on the way are no problem+json; then the status line has to do. */
export async function readProblem(answer: Response): Promise<InterroleProblem> {
  const text = await answer.text().catch(() => "");
  return new InterroleProblem(
    toDetails(answer, parse(text)),
    retryAfterMs(answer.headers.get("retry-after")),
  );
}

function toDetails({ status, statusText }: Response, body: Record<string, unknown>): ProblemDetails {
  const { type, title, detail, errors } = body;
  return {
    type: typeof type === "string" ? type : noType,
    title: typeof title === "string" ? title : statusText || `Status ${status}`,
    status,
    detail: typeof detail === "string" ? detail : "The answer does not say more",
    ...(Array.isArray(errors) ? { errors: errors.filter(isFault) } : {}),
  };
}

function parse(text: string): Record<string, unknown> {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === "object" && body !== null ? { ...body } : {};
  } catch {
    // Not JSON: a proxy's page, or nothing.
    return {};
  }
}

function isFault(value: unknown): value is InputFault {
  return typeof value === "object" && value !== null && "path" in value && "message" in value;
}

/** Retry-After in seconds, which is how this server says it; a date would compare two clocks, and is passed over. */
export function retryAfterMs(header: string | null): number | undefined {
  if (header === null || !/^\s*\d{1,6}\s*$/.test(header)) return undefined;
  return Number(header) * 1_000;
}
