/**
 * The rules of the tidy check, each a pure function of one file: limits, banned calls with their replacement, banned words.
 * Not for: files, the baseline, printing (check-tidy.ts).
 */
import { type Finding, lineAt, type Source, type SyntaxNode, walk, walkSource } from "./source.ts";

export const FILE_LINES_MAX = 400;
export const FUNCTION_LINES_MAX = 70;

// Written in two halves, so that this file does not find itself.
const bannedWords = ["/wo" + "rk/", ".lib" + "rary", "@ts-" + "ignore", "@ts-" + "nocheck"];
const bannedNames = /(^|\/)(utils?|common|misc|types|helpers?)\.ts$/;

const isSrc = (path: string): boolean => path.startsWith("src/");
const isTest = (path: string): boolean => path.startsWith("test/");
/** Modules that tests start as a user's program: they may print, exit and wait as users do. */
const isFixture = (path: string): boolean => /^test\/(.*\/)?(fixtures?|jobs|tasks)\//.test(path);
const mayPrint = (path: string): boolean => /^(src\/cli|scripts|bench|examples|bin)\//.test(path) || isFixture(path);
/** A worker's entry file ends its own thread or process. */
const mayExit = (path: string): boolean => !isSrc(path) || /^src\/(cli\/|executor\/(exit|\w+-entry)\.ts)/.test(path);

/** Rules that need no syntax tree; for every text file of the repository. */
export function checkText(path: string, text: string): Finding[] {
  const findings: Finding[] = [];
  for (const word of bannedWords) {
    for (let at = text.indexOf(word); at !== -1; at = text.indexOf(word, at + 1)) {
      const message = `the word ${word} must not appear in the repository`;
      findings.push({ rule: "banned-word", path, line: lineAt(text, at), message, name: word });
    }
  }
  return findings;
}

/** Rules for one source file. */
export function checkTidy(source: Source): Finding[] {
  return [...checkShape(source), ...checkFunctions(source), ...checkCalls(source)];
}

function checkShape({ path, text }: Source): Finding[] {
  const findings: Finding[] = [];
  const lines = text.split("\n").length - (text.endsWith("\n") ? 1 : 0);
  if (lines > FILE_LINES_MAX) {
    const message = `${lines} lines; a file over ${FILE_LINES_MAX} is split by reason to change`;
    findings.push({ rule: "file-length", path, line: 1, message, size: lines });
  }
  if (isSrc(path) && !/^(#!.*\n)?\s*\/[/*]/.test(text)) {
    findings.push({ rule: "opening-comment", path, line: 1, message: "opens without saying what it is for" });
  }
  if (isSrc(path) && bannedNames.test(path)) {
    findings.push({
      rule: "file-name",
      path,
      line: 1,
      message: "a name that says nothing: name it after what it holds",
    });
  }
  return findings;
}

const functions = new Set(["FunctionDeclaration", "FunctionExpression", "ArrowFunctionExpression"]);

function checkFunctions(source: Source): Finding[] {
  const { path, text } = source;
  const findings: Finding[] = [];
  walkSource(source, (node, parents) => {
    if (!functions.has(node.type) || isSuite(parents.at(-1))) return;
    const line = lineAt(text, node.start);
    const size = lineAt(text, node.end) - line + 1;
    if (size <= FUNCTION_LINES_MAX) return;
    const name = functionName(node, parents.at(-1));
    const message = `${name} has ${size} lines; a function over ${FUNCTION_LINES_MAX} is cut into steps`;
    findings.push({ rule: "function-length", path, line, message, size, name });
  });
  return findings;
}

/** The function given to `describe` is a list of tests, not a function to read from top to bottom. */
function isSuite(parent: SyntaxNode | undefined): boolean {
  return parent?.type === "CallExpression" && /^describe\b/.test(calleeName(parent.callee as SyntaxNode));
}

function functionName(node: SyntaxNode, parent: SyntaxNode | undefined): string {
  const named = (node.id ?? parent?.id ?? parent?.key ?? undefined) as { name?: string } | undefined;
  return named?.name ?? "a function without a name";
}

/** `console.log` for such a call; "" where the callee is no plain name. */
function calleeName(callee: SyntaxNode): string {
  if (callee.type === "Identifier") return callee.name as string;
  if (callee.type !== "MemberExpression" || callee.computed)
    return callee.type === "CallExpression" ? calleeName(callee.callee as SyntaxNode) : "";
  return `${calleeName(callee.object as SyntaxNode)}.${(callee.property as { name?: string }).name ?? ""}`;
}

/** What is wrong with a call of this name in this file, and what to do instead. */
function callProblem(path: string, name: string): string | undefined {
  if (/^console\.\w+$/.test(name) && !mayPrint(path) && (isSrc(path) || name === "console.log")) {
    return "prints: use the log of src/base, or return the text to the caller";
  }
  if (name === "process.exit" && !mayExit(path)) return "ends the process: throw, and let the command line decide";
  if (name === "Math.random" && isSrc(path)) return "is not seeded: use the prng of src/base";
  if (name === "eval" || name === "globalThis.eval") return "evaluates text as code: never";
  if (name === "Function") return "evaluates text as code: never";
  return undefined;
}

function checkCalls(source: Source): Finding[] {
  const { path, text } = source;
  const findings: Finding[] = [];
  const report = (rule: string, node: SyntaxNode, name: string, problem: string): void => {
    findings.push({ rule, path, line: lineAt(text, node.start), message: `${name} ${problem}`, name });
  };
  walkSource(source, (node) => {
    if (node.type === "CallExpression" || node.type === "NewExpression") {
      const name = calleeName(node.callee as SyntaxNode);
      const problem = callProblem(path, name);
      if (problem !== undefined) report("banned-call", node, name, problem);
      if (name === "Promise" && isTest(path) && !isFixture(path) && isSleep(node)) {
        report("sleep", node, "setTimeout", "waits for time to pass: await an event with a deadline");
      }
    }
    if (node.type === "TSAsExpression" && (node.typeAnnotation as SyntaxNode).type === "TSAnyKeyword") {
      report("as-any", node, "as any", "switches the type check off: use unknown and narrow it");
    }
    if (node.type === "ImportDeclaration" && isTest(path) && !isFixture(path) && importsSleep(node)) {
      report("sleep", node, "setTimeout", "of timers/promises waits for time to pass: await an event with a deadline");
    }
  });
  return findings;
}

/** True for `new Promise((resolve) => setTimeout(resolve, …))`. A timer that rejects is a deadline, and is fine. */
function isSleep(promise: SyntaxNode): boolean {
  const executor = (promise.arguments as SyntaxNode[])[0];
  const resolve = (executor?.params as { name?: string }[] | undefined)?.[0]?.name;
  let found = false;
  if (executor === undefined || resolve === undefined) return false;
  walk(executor.body as SyntaxNode, (node) => {
    if (node.type !== "CallExpression" || calleeName(node.callee as SyntaxNode) !== "setTimeout") return;
    const timer = (node.arguments as SyntaxNode[])[0];
    if (timer !== undefined && mentions(timer, resolve)) found = true;
  });
  return found;
}

function mentions(node: SyntaxNode, name: string): boolean {
  let found = false;
  walk(node, (inner) => {
    if (inner.type === "Identifier" && inner.name === name) found = true;
  });
  return found;
}

function importsSleep(node: SyntaxNode): boolean {
  const source = (node.source as { value?: unknown }).value;
  return (
    (source === "node:timers/promises" || source === "timers/promises") &&
    (node.specifiers as { imported?: { name?: string } }[]).some(({ imported }) => imported?.name === "setTimeout")
  );
}
