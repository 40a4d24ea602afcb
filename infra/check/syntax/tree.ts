/** Where something stands in a file; lines and columns count from 1. */
export interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** One `key: value` of an object, or one nested resource's place in it. */
export interface Property {
  readonly at: Position;
  /** The key; undefined where it is made up of expressions. */
  readonly key: string | undefined;
  readonly keyExpression: Expression;
  /** Whether the key is written as a string. */
  readonly quoted: boolean;
  readonly value: Expression;
}

/** An expression as it is written. */
export type Expression = { readonly at: Position; /** In parentheses. */ readonly grouped?: true } & (
  | { readonly kind: "text"; readonly parts: readonly (string | Expression)[] }
  | { readonly kind: "literal"; readonly value: number | boolean | null }
  | { readonly kind: "name"; readonly name: string }
  | {
      readonly kind: "object";
      readonly properties: readonly Property[];
      readonly nested: readonly Resource[];
    }
  | { readonly kind: "array"; readonly items: readonly Expression[] }
  | {
      readonly kind: "for";
      readonly item: string;
      readonly index: string | undefined;
      readonly over: Expression;
      readonly body: Expression;
    }
  /** Only as the body of a resource or module. */
  | { readonly kind: "if"; readonly condition: Expression; readonly body: Expression }
  | {
      readonly kind: "choice";
      readonly condition: Expression;
      readonly yes: Expression;
      readonly no: Expression;
    }
  | {
      readonly kind: "call";
      readonly name: string;
      readonly target: Expression | undefined;
      readonly args: readonly Expression[];
    }
  | {
      readonly kind: "member";
      readonly of: Expression;
      readonly name: string;
      /** `.?`: may be absent. */
      readonly safe: boolean;
    }
  | { readonly kind: "nested"; readonly of: Expression; readonly name: string }
  | {
      readonly kind: "element";
      readonly of: Expression;
      readonly index: Expression;
      readonly safe: boolean;
    }
  | { readonly kind: "not" | "minus"; readonly of: Expression }
  | {
      readonly kind: "binary";
      readonly operator: string;
      readonly left: Expression;
      readonly right: Expression;
    }
  | { readonly kind: "lambda"; readonly parameters: readonly string[]; readonly body: Expression }
  /** Not understood by the reader, which has said so. */
  | { readonly kind: "unreadable" }
);

/** A member of an object type. */
export interface TypeMember {
  readonly at: Position;
  readonly name: string;
  readonly type: TypeExpression;
  readonly decorators: readonly Decorator[];
}

/** A type as it is written. */
export type TypeExpression = { readonly at: Position } & (
  | { readonly kind: "primitive"; readonly name: string }
  | { readonly kind: "literal"; readonly value: string | number | boolean | null }
  | { readonly kind: "named"; readonly name: string; readonly of: string | undefined }
  | { readonly kind: "array"; readonly item: TypeExpression }
  | { readonly kind: "object"; readonly members: readonly TypeMember[]; readonly others: boolean }
  | { readonly kind: "union"; readonly options: readonly TypeExpression[] }
  | { readonly kind: "nullable"; readonly type: TypeExpression }
  | { readonly kind: "unreadable" }
);

/** `@description('…')`, or with its namespace `@sys.description('…')`: the last name counts. */
export interface Decorator {
  readonly at: Position;
  readonly name: string;
  readonly args: readonly Expression[];
}

interface Declared {
  readonly at: Position;
  readonly name: string;
  readonly decorators: readonly Decorator[];
}

export interface Parameter extends Declared {
  readonly kind: "param";
  readonly type: TypeExpression;
  readonly fallback: Expression | undefined;
}

export interface Variable extends Declared {
  readonly kind: "var";
  readonly value: Expression;
}

export interface Output extends Declared {
  readonly kind: "output";
  readonly type: TypeExpression;
  readonly value: Expression;
}

export interface TypeDeclaration extends Declared {
  readonly kind: "type";
  readonly type: TypeExpression;
}

export interface FunctionDeclaration extends Declared {
  readonly kind: "func";
  readonly parameters: readonly { readonly name: string; readonly type: TypeExpression }[];
  readonly returns: TypeExpression;
  readonly body: Expression;
}

export interface Resource extends Declared {
  readonly kind: "resource";
  /** As written: `Microsoft.Web/sites@2024-11-01`, or a last segment alone in a nested one. */
  readonly type: string;
  readonly existing: boolean;
  readonly body: Expression;
}

export interface Module extends Declared {
  readonly kind: "module";
  readonly path: string;
  readonly body: Expression;
}

/** One name that an import brings, or everything under one name (`source` undefined). */
export interface Import extends Declared {
  readonly kind: "import";
  readonly source: string | undefined;
  readonly path: string;
}

/** A statement that gives a name a meaning. */
export type Declaration =
  | Parameter
  | Variable
  | Output
  | TypeDeclaration
  | FunctionDeclaration
  | Resource
  | Module
  | Import;

/** One file, read. */
export interface SourceFile {
  readonly path: string;
  readonly targetScope: string;
  readonly declarations: readonly Declaration[];
}
