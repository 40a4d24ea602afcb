/** What a rule of the bench asks of an event, before it is put into the words of each contender. `field` is a path in the event. */
export type Condition =
  | { op: "equals"; field: string; value: string | boolean }
  | { op: "prefix" | "suffix"; field: string; text: string }
  | { op: "range"; field: string; from: number; below: number }
  | { op: "all" | "any"; of: readonly Condition[] }
  | { op: "not"; of: Condition };

/** The condition as an expression of CEL. */
export function toCel(condition: Condition): string {
  switch (condition.op) {
    case "equals":
      return `body.${condition.field} == ${JSON.stringify(condition.value)}`;
    case "prefix":
      return `body.${condition.field}.startsWith(${JSON.stringify(condition.text)})`;
    case "suffix":
      return `body.${condition.field}.endsWith(${JSON.stringify(condition.text)})`;
    case "range": {
      const { field, from, below } = condition;
      return `body.${field} >= ${from.toFixed(1)} && body.${field} < ${below.toFixed(1)}`;
    }
    case "not":
      return `!(${toCel(condition.of)})`;
    default:
      return condition.of.map((one) => `(${toCel(one)})`).join(condition.op === "all" ? " && " : " || ");
  }
}

/** The condition as an event pattern. Throws for what has none. */
export function toPattern(condition: Condition): Record<string, unknown> {
  switch (condition.op) {
    case "equals":
      return at(condition.field, [condition.value]);
    case "prefix":
    case "suffix":
      return at(condition.field, [{ [condition.op]: condition.text }]);
    case "range":
      return at(condition.field, [{ numeric: [">=", condition.from, "<", condition.below] }]);
    default:
      throw new Error(`No pattern for ${condition.op}`);
  }
}

function at(field: string, wanted: unknown): Record<string, unknown> {
  const path = field.split(".");
  const last = path.pop() ?? field;
  return path.reduceRight<Record<string, unknown>>((inner, key) => ({ [key]: inner }), { [last]: wanted });
}

export type Predicate = (event: Event) => boolean;

/** An event of the bench. */
export interface Event {
  type: string;
  source: string;
  subject: string;
  data: Readonly<Record<string, string | number | boolean>>;
}

type Top = "type" | "source" | "subject";

/** The condition as somebody would write it in code: closures over direct access to the field. */
export function toPredicate(condition: Condition): Predicate {
  switch (condition.op) {
    case "equals": {
      const { value, field } = condition;
      const inData = dataKey(field);
      return inData === undefined
        ? (event) => event[topKey(field)] === value
        : ({ data }) => data[inData] === value;
    }
    case "prefix":
    case "suffix": {
      const { text, op } = condition;
      const read = reader(condition.field);
      return op === "prefix"
        ? (event) => isText(read(event), (value) => value.startsWith(text))
        : (event) => isText(read(event), (value) => value.endsWith(text));
    }
    case "range": {
      const { from, below } = condition;
      const read = reader(condition.field);
      return (event) => {
        const value = read(event);
        return typeof value === "number" && value >= from && value < below;
      };
    }
    case "not": {
      const inner = toPredicate(condition.of);
      return (event) => !inner(event);
    }
    default: {
      const inner = condition.of.map(toPredicate);
      return condition.op === "all"
        ? (event) => inner.every((test) => test(event))
        : (event) => inner.some((test) => test(event));
    }
  }
}

function reader(field: string): (event: Event) => unknown {
  const inData = dataKey(field);
  return inData === undefined ? (event) => event[topKey(field)] : ({ data }) => data[inData];
}

function dataKey(field: string): string | undefined {
  return field.startsWith("data.") ? field.slice("data.".length) : undefined;
}

function topKey(field: string): Top {
  return field === "type" || field === "source" ? field : "subject";
}

function isText(value: unknown, test: (text: string) => boolean): boolean {
  return typeof value === "string" && test(value);
}
