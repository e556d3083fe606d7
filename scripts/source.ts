/** What the checks know about a source file: its text, its syntax tree, and what it refers to. Not for: judging it. */
import { readFileSync, statSync } from "node:fs";
import { type Program, parseSync } from "oxc-parser";

export interface Finding {
  rule: string;
  path: string;
  /** 1-based. */
  line: number;
  message: string;
  /** What is ratcheted: lines of a file or a function. A finding without it counts as one. */
  size?: number;
  /** Tells several findings of one rule in one file apart in the baseline, for example a function's name. */
  name?: string;
}

export interface Source {
  path: string;
  text: string;
  program: Program;
}

/** A node of the tree, as loosely as the checks need it. */
export interface SyntaxNode {
  type: string;
  start: number;
  end: number;
  [key: string]: unknown;
}

export function parseSource(path: string, text: string): Source {
  return { path, text, program: parseSync(path, text).program };
}

export function readSource(path: string): Source {
  return parseSource(path, readFileSync(path, "utf8"));
}

/** Whether the path is a file (a folder is not). */
export function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

export function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf("\n"); at !== -1 && at < offset; at = text.indexOf("\n", at + 1)) line++;
  return line;
}

function isNode(value: unknown): value is SyntaxNode {
  return typeof value === "object" && value !== null && typeof (value as SyntaxNode).type === "string";
}

/** Calls `visit` for every node, parents before children. */
export function walk(
  node: SyntaxNode,
  visit: (node: SyntaxNode, parents: readonly SyntaxNode[]) => void,
  parents: SyntaxNode[] = [],
): void {
  visit(node, parents);
  parents.push(node);
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) walk(child, visit, parents);
  }
  parents.pop();
}

export function walkSource(source: Source, visit: (node: SyntaxNode, parents: readonly SyntaxNode[]) => void): void {
  walk(source.program as unknown as SyntaxNode, visit);
}

export interface Reference {
  specifier: string;
  line: number;
  /** False for a text that looks like a relative path, as in `new URL("./task.ts", import.meta.url)`. */
  isImport: boolean;
}

const importing = new Set([
  "ImportDeclaration",
  "ExportNamedDeclaration",
  "ExportAllDeclaration",
  "ImportExpression",
  "TSImportType",
]);

/** Everything a file may load: imports of all kinds, and texts that start like a relative path. */
export function references(source: Source): Reference[] {
  const found: Reference[] = [];
  walkSource(source, (node, parents) => {
    const text = textOf(node);
    if (text === undefined) return;
    const isImport = importing.has(parents.at(-1)?.type ?? "");
    if (isImport || /^\.\.?\//.test(text))
      found.push({ specifier: text, line: lineAt(source.text, node.start), isImport });
  });
  return found;
}

function textOf(node: SyntaxNode): string | undefined {
  if (node.type === "Literal") return typeof node.value === "string" ? node.value : undefined;
  if (node.type === "TemplateElement") return (node.value as { cooked?: string }).cooked;
  return undefined;
}
