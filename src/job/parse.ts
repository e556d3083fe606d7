/**
 * The little language of `--where`, `--by`, `--aggregate`, `--select` and `--sort`, parsed to plain data. Never evaluated as code.
 *
 *     or ‹ and ‹ not ‹ = == != <> < <= > >= in between is like contains starts_with ends_with matches ‹ || ‹ + - ‹ * / % ‹ unary - ‹ call, name, literal, ( )
 *
 * Keywords in any case. Texts in '…' or "…"; names with odd characters in `…`; paths of nested fields as a.b.
 */
import { EXPRESSION_CHARS_MAX, EXPRESSION_DEPTH_MAX } from "../base/limits.ts";
import type { Expression } from "./expression.ts";
import { type Token, tokens } from "./lexer.ts";
import { expressionError, placeOf, setPlace, type TextPlace } from "./place.ts";
import type { SortKey } from "./plan.ts";

export interface NamedExpression {
  name: string;
  expression: Expression;
}

/** An aggregate as called in text, not yet known to exist. `distinct` as in count(distinct x). */
export interface NamedCall {
  name: string;
  op: string;
  args: Expression[];
  place: TextPlace;
}

/** One expression: `status >= 500 and url contains "cart"`. Throws UsageError ERR_EXPRESSION with a caret under the fault. */
export function parseExpression(text: string): Expression {
  const parser = new ExpressionParser(text);
  const expression = parser.expression();
  parser.expectEnd();
  return expression;
}

/** Keys or selected columns: `url, hour=hour(ts)`. One without a name is named by its text. A bare comparison needs parentheses or `==`. */
export function parseKeys(text: string): NamedExpression[] {
  const parser = new ExpressionParser(text);
  const items = parser.list(() => {
    const start = parser.peek();
    const name = parser.naming();
    const expression = parser.expression();
    return { name: name ?? bareName(expression, parser.textFrom(start)), expression, start };
  });
  return unique(parser, items).map(({ name, expression }) => ({ name, expression }));
}

/** Aggregates: `clicks=count(), visitors=distinct(user), p99=quantile(ttfb, 0.99)`. */
export function parseAggregates(text: string): NamedCall[] {
  const parser = new ExpressionParser(text);
  const items = parser.list(() => {
    const start = parser.peek();
    const name = parser.naming();
    const call = parser.aggregateCall();
    return { name: name ?? parser.textFrom(start), ...call, start };
  });
  return unique(parser, items).map(({ name, op, args, place }) => ({ name, op, args, place }));
}

/** Sort order by result columns: `clicks desc, url`. Ascending unless `desc` says otherwise. */
export function parseSort(text: string): SortKey[] {
  const parser = new ExpressionParser(text);
  return parser.list(() => {
    const start = parser.peek();
    const expression = parser.expression();
    const column = bareName(expression, parser.textFrom(start));
    const descending = parser.takeWord("desc");
    if (!descending) parser.takeWord("asc");
    return { column, descending };
  });
}

function bareName(expression: Expression, text: string): string {
  return expression.kind === "column" ? expression.name : text;
}

function unique<T extends { name: string; start: Token }>(parser: ExpressionParser, items: T[]): T[] {
  const seen = new Set<string>();
  for (const item of items) {
    if (seen.has(item.name))
      parser.fail(`two columns are named "${item.name}"`, item.start, "Name one of them: new_name=…");
    seen.add(item.name);
  }
  return items;
}

const comparisons: Record<string, string> = {
  "=": "=",
  "==": "=",
  "!=": "!=",
  "<>": "!=",
  "<": "<",
  "<=": "<=",
  ">": ">",
  ">=": ">=",
};
const infixWords: Record<string, string> = {
  like: "like",
  contains: "contains",
  starts_with: "starts_with",
  startswith: "starts_with",
  ends_with: "ends_with",
  endswith: "ends_with",
  matches: "matches",
};
const reserved = new Set(["and", "or", "not", "in", "between", "is"]);

class ExpressionParser {
  readonly #text: string;
  readonly #tokens: Token[];
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    if (typeof text !== "string") throw expressionError(`an expression is a text, not ${typeof text}`, undefined);
    if (text.length > EXPRESSION_CHARS_MAX) {
      throw expressionError(`an expression of ${text.length} characters; at most ${EXPRESSION_CHARS_MAX}`, undefined);
    }
    this.#text = text;
    this.#tokens = tokens(text);
  }

  peek(ahead = 0): Token {
    return this.#tokens[Math.min(this.#at + ahead, this.#tokens.length - 1)];
  }

  fail(message: string, token: Token, hint?: string): never {
    throw expressionError(message, this.#place(token, token), hint);
  }

  textFrom(start: Token): string {
    return this.#text.slice(start.start, this.#tokens[this.#at - 1].end);
  }

  expectEnd(): void {
    const token = this.peek();
    if (token.kind === "end") return;
    const missing =
      token.kind === "symbol" && token.value === ")" ? "there is no ( for it" : "an operator or the end is expected";
    this.fail(`unexpected ${describe(token)}: ${missing}`, token);
  }

  list<T>(item: () => T): T[] {
    const items = [item()];
    while (this.#takeSymbol(",")) items.push(item());
    this.expectEnd();
    return items;
  }

  /** `name =` before an expression. */
  naming(): string | undefined {
    const [name, equals] = [this.peek(), this.peek(1)];
    const isName = name.kind === "name" || name.kind === "quoted-name";
    if (!isName || equals.kind !== "symbol" || equals.value !== "=") return undefined;
    this.#at += 2;
    return name.value;
  }

  takeWord(...words: string[]): boolean {
    for (const [index, word] of words.entries()) if (!isWord(this.peek(index), word)) return false;
    this.#at += words.length;
    return true;
  }

  aggregateCall(): { op: string; args: Expression[]; place: TextPlace } {
    const start = this.peek();
    if (start.kind !== "name" || !isSymbol(this.peek(1), "(")) {
      this.fail(
        `an aggregate is expected, not ${describe(start)}`,
        start,
        "For example: clicks=count(), visitors=distinct(user).",
      );
    }
    this.#at += 2;
    let op = start.value;
    let args: Expression[] = [];
    if (isSymbol(this.peek(), "*") && isSymbol(this.peek(1), ")")) this.#at += 2;
    else {
      const startsOperand = this.peek(1).kind === "name" || this.peek(1).kind === "quoted-name";
      if (op.toLowerCase() === "count" && startsOperand && this.takeWord("distinct")) op = "distinct";
      args = this.#arguments();
    }
    return { op, args, place: this.#place(start, this.#tokens[this.#at - 1]) };
  }

  expression(): Expression {
    if (++this.#depth > EXPRESSION_DEPTH_MAX) this.fail("the expression is nested too deeply", this.peek());
    const result = this.#flat("or", () => this.#flat("and", () => this.#not()));
    this.#depth--;
    return result;
  }

  /** Chains of and/or become one call with many arguments: a long list is not a deep tree. */
  #flat(word: "and" | "or", operand: () => Expression): Expression {
    const start = this.peek();
    const args = [operand()];
    while (this.takeWord(word)) args.push(operand());
    return args.length === 1 ? args[0] : this.#call(word, args, start);
  }

  #not(): Expression {
    const start = this.peek();
    let negations = 0;
    while (this.takeWord("not")) negations++;
    const operand = this.#comparison();
    if (negations === 0) return operand;
    const once = this.#call("not", [operand], start);
    return negations % 2 === 1 ? once : this.#call("not", [once], start);
  }

  #comparison(): Expression {
    const start = this.peek();
    let left = this.#joined();
    for (;;) {
      const token = this.peek();
      const operator = token.kind === "symbol" ? comparisons[token.value] : undefined;
      if (operator !== undefined) {
        this.#at++;
        left = this.#call(operator, [left, this.#joined()], start);
        const chained = this.peek();
        if (chained.kind === "symbol" && comparisons[chained.value] !== undefined) {
          this.fail("comparisons do not chain", chained, 'Join them with "and", or use "between … and …".');
        }
        continue;
      }
      if (token.kind !== "name") return left;
      const tested = this.#test(left, start);
      if (tested === undefined) return left;
      left = tested;
    }
  }

  /** is [not] null, [not] in (…), [not] between … and …, [not] contains …; undefined: none of them follows. */
  #test(left: Expression, start: Token): Expression | undefined {
    if (this.takeWord("is")) {
      const negated = this.takeWord("not");
      if (!this.takeWord("null")) this.fail(`"null" is expected, not ${describe(this.peek())}`, this.peek());
      return this.#negate(negated, this.#call("is_null", [left], start), start);
    }
    const next = this.peek(1);
    const negated = isWord(this.peek(), "not") && isTest(next);
    const word = (negated ? next : this.peek()).value.toLowerCase();
    if (!negated && !isTest(this.peek())) return undefined;
    this.#at += negated ? 2 : 1;
    if (word === "in") {
      this.#expectSymbol("(", 'A list follows "in": status in (500, 503).');
      return this.#negate(negated, this.#call("in", [left, ...this.#arguments()], start), start);
    }
    if (word === "between") {
      const low = this.#joined();
      if (!this.takeWord("and"))
        this.fail(`"and" is expected, not ${describe(this.peek())}`, this.peek(), "x between 1 and 9");
      return this.#negate(negated, this.#call("between", [left, low, this.#joined()], start), start);
    }
    return this.#negate(negated, this.#call(infixWords[word], [left, this.#joined()], start), start);
  }

  #negate(negated: boolean, expression: Expression, start: Token): Expression {
    return negated ? this.#call("not", [expression], start) : expression;
  }

  #joined(): Expression {
    return this.#chain(["||"], () => this.#chain(["+", "-"], () => this.#chain(["*", "/", "%"], () => this.#unary())));
  }

  #chain(operators: string[], operand: () => Expression): Expression {
    const start = this.peek();
    let left = operand();
    for (let length = 1; ; length++) {
      const token = this.peek();
      if (token.kind !== "symbol" || !operators.includes(token.value)) return left;
      if (length > EXPRESSION_DEPTH_MAX) this.fail("the expression is too long", token);
      this.#at++;
      left = this.#call(token.value, [left, operand()], start);
    }
  }

  #unary(): Expression {
    const start = this.peek();
    if (this.#takeSymbol("+")) return this.#unary();
    if (!this.#takeSymbol("-")) return this.#primary();
    if (++this.#depth > EXPRESSION_DEPTH_MAX) this.fail("the expression is nested too deeply", start);
    const operand = this.#unary();
    this.#depth--;
    if (operand.kind === "literal" && this.#tokens[this.#at - 1].kind === "number") {
      const value = typeof operand.value === "number" ? -operand.value : `-${operand.value}`;
      return this.#placed({ kind: "literal", value, type: operand.type }, start);
    }
    return this.#call("negate", [operand], start);
  }

  #primary(): Expression {
    const token = this.peek();
    if (this.#takeSymbol("(")) {
      const inner = this.expression();
      this.#expectSymbol(")", "A ( is not closed.");
      return inner;
    }
    if (token.kind === "name") return this.#name(token);
    if (token.kind === "end" || token.kind === "symbol") {
      this.fail(`a value is expected, not ${describe(token)}`, token);
    }
    this.#at++;
    if (token.kind === "quoted-name") return this.#placed({ kind: "column", name: token.value }, token);
    if (token.kind === "string") return this.#placed({ kind: "literal", value: token.value, type: "text" }, token);
    return this.#placed(numberLiteral(token.value), token);
  }

  #name(token: Token): Expression {
    const word = token.value.toLowerCase();
    if (word === "case" && isWord(this.peek(1), "when")) return this.#case(token);
    this.#at++;
    if (this.#takeSymbol("(")) return this.#call(token.value, this.#arguments(), token);
    if (word === "null") return this.#placed({ kind: "literal", value: null, type: "null" }, token);
    if (word === "true" || word === "false") {
      return this.#placed({ kind: "literal", value: word === "true", type: "bool" }, token);
    }
    if (reserved.has(word))
      this.fail(`a value is expected, not "${token.value}"`, token, `A column of that name: \`${token.value}\`.`);
    return this.#placed({ kind: "column", name: token.value }, token);
  }

  /** case when a then b … else c end: nested calls of if. */
  #case(start: Token): Expression {
    this.#at++;
    const branches: [Expression, Expression][] = [];
    while (this.takeWord("when")) {
      const condition = this.expression();
      if (!this.takeWord("then")) this.fail(`"then" is expected, not ${describe(this.peek())}`, this.peek());
      branches.push([condition, this.expression()]);
      if (branches.length > EXPRESSION_DEPTH_MAX) this.fail("too many branches", this.peek());
    }
    let otherwise: Expression = { kind: "literal", value: null, type: "null" };
    if (this.takeWord("else")) otherwise = this.expression();
    if (!this.takeWord("end")) this.fail(`"end" is expected, not ${describe(this.peek())}`, this.peek());
    for (const [condition, value] of branches.reverse())
      otherwise = this.#call("if", [condition, value, otherwise], start);
    return otherwise;
  }

  /** Arguments up to the closing parenthesis; the opening one is taken already. */
  #arguments(): Expression[] {
    const args: Expression[] = [];
    if (this.#takeSymbol(")")) return args;
    do args.push(this.expression());
    while (this.#takeSymbol(","));
    this.#expectSymbol(")", "A ( is not closed.");
    return args;
  }

  #takeSymbol(symbol: string): boolean {
    if (!isSymbol(this.peek(), symbol)) return false;
    this.#at++;
    return true;
  }

  #expectSymbol(symbol: string, hint: string): void {
    if (!this.#takeSymbol(symbol))
      this.fail(`"${symbol}" is expected, not ${describe(this.peek())}`, this.peek(), hint);
  }

  #call(name: string, args: Expression[], start: Token): Expression {
    return this.#placed({ kind: "call", name, args }, start);
  }

  #placed(expression: Expression, start: Token): Expression {
    if (placeOf(expression) !== undefined) return expression;
    return setPlace(expression, this.#place(start, this.#tokens[this.#at - 1]));
  }

  #place(start: Token, end: Token): TextPlace {
    return { text: this.#text, start: start.start, end: Math.max(end.end, start.start) };
  }
}

function isSymbol(token: Token, symbol: string): boolean {
  return token.kind === "symbol" && token.value === symbol;
}

function isWord(token: Token, word: string): boolean {
  return token.kind === "name" && token.value.toLowerCase() === word;
}

function isTest(token: Token): boolean {
  if (token.kind !== "name") return false;
  const word = token.value.toLowerCase();
  return word === "in" || word === "between" || Object.hasOwn(infixWords, word);
}

function describe(token: Token): string {
  if (token.kind === "end") return "the end";
  return token.kind === "string" ? `the text '${token.value}'` : `"${token.value}"`;
}

/** Whole numbers beyond 2^53 stay exact: as bigint, their value as text. */
function numberLiteral(text: string): Expression {
  const value = Number(text);
  if (!/^\d+$/.test(text)) return { kind: "literal", value, type: "float" };
  if (Number.isSafeInteger(value)) return { kind: "literal", value, type: "int" };
  return { kind: "literal", value: BigInt(text).toString(), type: "bigint" };
}
