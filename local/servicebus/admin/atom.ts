import { BrokerError } from "../broker-error.ts";
import type { Page } from "./page.ts";
import { child, parseXml, writeXml, type XmlElement } from "./xml.ts";

const atomNamespace = "http://www.w3.org/2005/Atom";
const serviceBusNamespace = "http://schemas.microsoft.com/netservices/2010/10/servicebus/connect";
/** Attributes such as `i:type` are of this namespace; clients look for the prefix `i`. */
const instanceNamespace = "http://www.w3.org/2001/XMLSchema-instance";
const apiVersion = "2021-05";

/** Something that is told as an Atom entry. */
export interface Entry {
  /** Path of the resource, from which clients read its name. */
  path: string;
  /** What it is called. */
  title: string;
  createdAt: Date;
  updatedAt: Date;
  /** Such as QueueDescription. */
  element: string;
  content: XmlElement;
}

/** The host and port under which the client reaches this server; links are made of it. */
export type Origin = string;

export function writeEntry(entry: Entry, origin: Origin): string {
  return writeXml({ entry: { "@xmlns": atomNamespace, ...entryElement(entry, origin) } });
}

/** Writes one page of a list; all entries are given, since their number decides whether there is a next page. */
export function writeFeed(
  list: { title: string; path: string; entries: readonly Entry[] },
  page: Page,
  origin: Origin,
): string {
  const self = urlOf(list.path, origin);
  const end = page.skip + page.top;
  const next = { "@rel": "next", "@href": `${self}&$skip=${end}&$top=${page.top}` };
  const entries = list.entries.slice(page.skip, end);
  return writeXml({
    feed: {
      "@xmlns": atomNamespace,
      title: { "@type": "text", "#text": list.title },
      id: self,
      updated: new Date().toISOString(),
      link: [{ "@rel": "self", "@href": self }, ...(end < list.entries.length ? [next] : [])],
      entry: entries.map((entry) => entryElement(entry, origin)),
    },
  });
}

/** Writes what clients show to people; they tell kinds of errors apart by the status and by SubCode. */
export function writeError(status: number, reason: string, detail: string): string {
  return writeXml({ Error: { Code: `${status}`, Detail: `SubCode=${status}00. ${reason}. ${detail}` } });
}

/** The description in the body of a request, with its kind, such as QueueDescription. */
export function readDescription(body: string): { element: string; content: XmlElement } {
  const entry = child(parseXml(body), "entry");
  const content = entry && child(entry, "content");
  const names = Object.keys(content ?? {}).filter((name) => !name.startsWith("@") && !name.startsWith("#"));
  const [element] = names;
  const description = content && element !== undefined ? child(content, element) : undefined;
  if (element === undefined || description === undefined || names.length > 1) {
    const problem = "The body must be an Atom entry whose content is one description.";
    throw new BrokerError("com.microsoft:argument-error", problem);
  }
  return { element, content: description };
}

function entryElement(entry: Entry, origin: Origin): XmlElement {
  const url = urlOf(entry.path, origin);
  return {
    id: url,
    title: { "@type": "text", "#text": entry.title },
    published: entry.createdAt.toISOString(),
    updated: entry.updatedAt.toISOString(),
    author: { name: origin },
    link: { "@rel": "self", "@href": url },
    content: {
      "@type": "application/xml",
      [entry.element]: { "@xmlns": serviceBusNamespace, "@xmlns:i": instanceNamespace, ...entry.content },
    },
  };
}

function urlOf(path: string, origin: Origin): string {
  return `http://${origin}/${path}?api-version=${apiVersion}`;
}
