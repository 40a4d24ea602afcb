import type { Clock } from "../clock.ts";
import type { FilterableMessage, SubscriptionDescription } from "../model.ts";
import type { Arrival } from "./message.ts";
import { Receivable, type Router } from "./receivable.ts";
import { RuleSet } from "./rule-set.ts";
import { Usage } from "./usage.ts";

/** A subscription: gets a copy of what its rules let through. */
export class Subscription {
  readonly kind = "subscription";
  readonly receivable: Receivable;
  readonly rules = new RuleSet();
  readonly usage: Usage;
  description: SubscriptionDescription;

  constructor(
    description: SubscriptionDescription,
    options: { clock: Clock; router: Router; topicUsage: Usage },
  ) {
    this.description = description;
    this.usage = new Usage(options.topicUsage);
    this.receivable = new Receivable({
      clock: options.clock,
      router: options.router,
      usage: this.usage,
      path: `${description.topic}/Subscriptions/${description.name}`,
      properties: () => this.description,
    });
  }

  get path(): string {
    return this.receivable.path;
  }

  /** Keeps what the rules make of a message that was published to the topic. */
  offer(arrival: Arrival, seen: FilterableMessage): void {
    const { copies, failures } = this.rules.apply(arrival.content, seen);
    for (const content of copies) this.receivable.accept({ ...arrival, content });
    if (failures.length === 0 || !this.description.deadLetterOnFilterError) return;
    const [first] = failures;
    this.receivable.acceptDead(arrival, {
      reason: "FilterEvaluationException",
      description: first instanceof Error ? first.message : String(first),
    });
  }
}
