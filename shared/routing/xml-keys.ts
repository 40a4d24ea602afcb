import type { KeyNode } from "./key-node.ts";
import type { MessageView } from "./message-view.ts";
import type { XmlNode } from "./xml-document.ts";
import { anywhere } from "./xpath-keys.ts";

/** Adds the ids of all keys that an XML document has. */
export function collectXml(root: KeyNode, document: XmlNode, view: MessageView, found: number[]): void {
  collectBelow(root, document, view, found);
  const everywhere = root.child(anywhere);
  if (!everywhere) return;
  const open = [document];
  for (let node = open.pop(); node; node = open.pop()) {
    collectBelow(everywhere, node, view, found);
    for (const element of node.allElements()) open.push(element);
  }
}

/** How deep this goes is bounded twice: by the paths of the keys, and by the depth of a document. */
function collectBelow(keys: KeyNode, parent: XmlNode, view: MessageView, found: number[]): void {
  if (!keys.isBranch) return;
  for (const { name, value } of parent.allAttributes()) keys.child(`@${name}`)?.collect(value, view, found);
  for (const element of parent.allElements()) {
    const below = keys.child(element.expandedName);
    if (!below) continue;
    if (below.isWanted) below.collect(element.text, view, found);
    collectBelow(below, element, view, found);
  }
}
