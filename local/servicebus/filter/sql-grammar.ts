/**
 * The SQL of Service Bus rules as a Peggy grammar: "Subscription rule SQL filter syntax" and "SQL action syntax" of the
 * Service Bus documentation. Conditions and values share one precedence ladder (OR, AND, NOT, comparison, + -, * / %,
 * sign), so that nothing behind a parenthesis is parsed twice; which of the two a node is, the compiler checks. Chains of
 * one operator are loops and only parentheses recurse: `options.maxDepth` bounds the parser's stack.
 */
export const sqlGrammar = String.raw`
{
  let depth = 0;
  const reserved = new Set("and or not in like escape is null exists true false".split(" "));

  function node(type, fields) {
    return { type, at: offset(), ...fields };
  }

  function chain(head, tail) {
    return tail.reduce((left, [op, right]) => ({ type: "binary", at: right.at, op, left, right }), head);
  }

  function enter() {
    depth += 1;
    if (depth > options.maxDepth) error("parentheses are nested deeper than " + options.maxDepth + " levels");
    return true;
  }
}

Filter = _ @Or _

Actions = _ head:Action tail:(_ (";" _)* @Action)* _ (";" _)* { return [head, ...tail]; }

Action
  = SET _ target:Property _ "=" _ value:Additive { return node("set", { target, value }); }
  / REMOVE _ target:Property { return node("remove", { target }); }

Or = head:And tail:(_ OR _ @And)* { return tail.length === 0 ? head : node("or", { operands: [head, ...tail] }); }

And = head:Not tail:(_ AND _ @Not)* { return tail.length === 0 ? head : node("and", { operands: [head, ...tail] }); }

Not = nots:(@NOT _)* operand:Comparison {
  return nots.length === 0 ? operand : node("not", { negated: nots.length % 2 === 1, operand });
}

Comparison = left:Additive tail:(_ @ComparisonTail)? { return tail === null ? left : { ...tail, left }; }

ComparisonTail
  = op:ComparisonOperator _ right:Additive { return node("compare", { op, right }); }
  / IS negated:(_ @NOT)? _ NULL { return node("isNull", { negated: negated !== null }); }
  / negated:(@NOT _)? IN _ "(" _ head:Additive tail:(_ "," _ @Additive)* _ ")" {
      return node("in", { negated: negated !== null, items: [head, ...tail] });
    }
  / negated:(@NOT _)? LIKE _ pattern:Additive escape:(_ ESCAPE _ @Additive)? {
      return node("like", { negated: negated !== null, pattern, escape });
    }

ComparisonOperator "comparison" = $("<=" / ">=" / "<>" / [=<>]) / "!=" { return "<>"; }

Additive = head:Multiplicative tail:(_ @AdditiveOperator _ @Multiplicative)* { return chain(head, tail); }
AdditiveOperator "arithmetic" = [+-]

Multiplicative = head:Sign tail:(_ @MultiplicativeOperator _ @Sign)* { return chain(head, tail); }
MultiplicativeOperator "arithmetic" = [*/%]

Sign = signs:(@[+-] _)* operand:Primary {
  if (signs.length === 0) return operand;
  return node("sign", { negative: signs.filter((sign) => sign === "-").length % 2 === 1, operand });
}

Primary
  = Constant
  / EXISTS _ "(" _ property:Property _ ")" { return node("exists", { property }); }
  / Function
  / "(" &{ return enter(); } _ @Or _ ")" &{ depth -= 1; return true; }
  / Parameter
  / Property
  / OpenText
  / OpenName

Function "function"
  = "newid"i !IdentifierPart _ "(" _ ")" { return node("newid", {}); }
  / ("property"i / "p"i) !IdentifierPart _ "(" &{ return enter(); } _ name:Additive _ ")" &{ depth -= 1; return true; } {
      return node("propertyNamed", { name });
    }

// What starts like a string or a name and was none of them above.
OpenText "constant" = "n"i? "'" { error("the string that starts here is not closed"); }
OpenName "property" = ["\[] { error("the name that starts here is not closed or empty"); }

Constant "constant"
  = value:Number { return node("constant", { value }); }
  / "n"i? "'" text:$("''" / [^'])* "'" { return node("constant", { value: text.replaceAll("''", "'") }); }
  / TRUE { return node("constant", { value: true }); }
  / FALSE { return node("constant", { value: false }); }
  / NULL { return node("constant", { value: null }); }

Number
  = digits:$("0x"i [0-9a-f]i+) !IdentifierPart { return BigInt(digits); }
  / digits:$((Digits ("." Digits?)? / "." Digits) Exponent) !IdentifierPart { return Number(digits); }
  / digits:$(Digits "." Digits? / "." Digits) !IdentifierPart { return Number(digits); }
  / digits:$Digits !IdentifierPart { return BigInt(digits); }
Digits = [0-9]+
Exponent = "e"i [+-]? Digits

Parameter "parameter" = "@" name:$(IdentifierPart+) { return node("parameter", { name }); }

Property "property"
  = scope:Identifier _ "." _ name:Identifier { return node("property", { scope, name }); }
  / name:Identifier { return node("property", { scope: "user", name }); }

Identifier
  = name:$([\p{L}] IdentifierPart*) &{ return !reserved.has(name.toLowerCase()); } { return name; }
  / '"' name:$('""' / [^"])+ '"' { return name.replaceAll('""', '"'); }
  / "[" name:$("]]" / [^\]])+ "]" { return name.replaceAll("]]", "]"); }

IdentifierPart = [_\p{L}\p{Nd}]

AND "AND" = "and"i !IdentifierPart
OR "OR" = "or"i !IdentifierPart
NOT "NOT" = "not"i !IdentifierPart
IN "IN" = "in"i !IdentifierPart
LIKE "LIKE" = "like"i !IdentifierPart
ESCAPE "ESCAPE" = "escape"i !IdentifierPart
IS "IS" = "is"i !IdentifierPart
NULL "NULL" = "null"i !IdentifierPart
EXISTS "EXISTS" = "exists"i !IdentifierPart
TRUE "TRUE" = "true"i !IdentifierPart
FALSE "FALSE" = "false"i !IdentifierPart
SET "SET" = "set"i !IdentifierPart
REMOVE "REMOVE" = "remove"i !IdentifierPart

_ "white space" = [ \t\r\n\f\v]*
`;
