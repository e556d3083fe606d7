/**
 * Bundler plugin: how the bundle gets Node's own modules. An import of `node:fs` reads every property of that module to
 * make its exports, and so loads the streams behind its getters, in every thread; process.getBuiltinModule reads nothing.
 * What is slow to load and rarely needed is loaded at the first call.
 */
import type { Plugin } from "rolldown";

/**
 * Loaded at the first call of one of their functions, or at the first `new` of one of their classes: each takes a few
 * milliseconds. Other exports of theirs, and `instanceof`, are not to be used.
 */
const LAZY: ReadonlySet<string> = new Set([
  "node:child_process",
  "node:crypto",
  "node:fs/promises",
  "node:net",
  "node:timers/promises",
  "node:v8",
  "node:zlib",
]);

const PREFIX = "\0builtin:";
const REQUIRED = ".cjs";

export const builtins: Plugin = {
  name: "builtins",
  resolveId(source, _, { kind }) {
    if (!source.startsWith("node:")) return null;
    return { id: PREFIX + source + (kind === "require-call" ? REQUIRED : ""), moduleSideEffects: false };
  },
  load(id) {
    if (!id.startsWith(PREFIX)) return null;
    const name = id.slice(PREFIX.length);
    return name.endsWith(REQUIRED) ? requiredText(name.slice(0, -REQUIRED.length)) : importedText(name);
  },
};

function getOf(name: string): string {
  return `process.getBuiltinModule(${JSON.stringify(name)})`;
}

function namesOf(name: string): string[] {
  return Object.keys(process.getBuiltinModule(name) as object).filter((each) => /^[a-z]\w*$/i.test(each));
}

/** One export per name that this Node knows; what nobody imports is shaken out. */
function importedText(name: string): string {
  const builtin = process.getBuiltinModule(name) as Record<string, unknown>;
  const get = getOf(name);
  const lines = namesOf(name).map((each) => {
    const isLazy = LAZY.has(name) && typeof builtin[each] === "function";
    if (!isLazy) return `export const ${each} = /* @__PURE__ */ (() => ${get}.${each})();`;
    if (/^[a-z]/.test(each)) return `export const ${each} = (...args) => ${get}.${each}(...args);`;
    return `export function ${each}(...args) { return new (${get}.${each})(...args); }`;
  });
  return [...lines, `export default /* @__PURE__ */ (() => ${get})();`].join("\n");
}

/** What `require` gives to a CommonJS dependency. */
function requiredText(name: string): string {
  const get = getOf(name);
  if (!LAZY.has(name)) return `module.exports = ${get};`;
  return `module.exports = { ${namesOf(name).map((each) => `get ${each}() { return ${get}.${each}; }`)} };`;
}
