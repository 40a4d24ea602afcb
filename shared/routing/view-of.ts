import type { CompiledTable } from "./compile-table.ts";
import { MessageView } from "./message-view.ts";
import type { RoutedMessage } from "./routed-message.ts";

/** A message on its way through the router as the filters of this table may see it. */
export function viewOf({ pass, body, contentType }: RoutedMessage, { table }: CompiledTable): MessageView {
  const { inbound, address, headers } = pass;
  const message = {
    inbound,
    ...(address === undefined ? {} : { address }),
    headers: contentType === undefined ? headers : { ...headers, "content-type": contentType },
    body,
  };
  return new MessageView(message, table.routeOnHeadersOnly);
}
