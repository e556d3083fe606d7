/** Where a call came from: the files on the stack. Costs tens of microseconds: for things that are made, not for things that happen per row. */

import { fileURLToPath } from "node:url";

/** Deep enough for a job made by a helper of a helper, through a framework. */
const FRAMES_MAX = 100;

/**
 * The files of the current call stack, nearest first: `file:` URLs of modules (without query), as `import.meta.url` has them; with
 * each the line and column of its outermost frame, which for a module that is being imported is a statement of its top level.
 * Node's own files are left out.
 */
export function callSites(): Map<string, string> {
  const { prepareStackTrace, stackTraceLimit } = Error;
  const files = new Map<string, string>();
  try {
    Error.stackTraceLimit = FRAMES_MAX;
    Error.prepareStackTrace = (_, sites) => {
      for (const site of sites) {
        const file = site.getFileName() ?? site.getScriptNameOrSourceURL();
        if (!file || file.startsWith("node:")) continue;
        files.set(moduleFile(file), `${site.getLineNumber()}:${site.getColumnNumber()}`);
      }
      return "";
    };
    // Reading the stack is what runs the function above.
    void new Error().stack;
  } finally {
    Error.prepareStackTrace = prepareStackTrace;
    Error.stackTraceLimit = stackTraceLimit;
  }
  return files;
}

/** A module's URL in the one form that is compared: without query and hash; a path becomes a URL. */
export function moduleFile(file: string): string {
  const url = /^[a-z][a-z0-9+.-]+:/i.test(file)
    ? file
    : `file://${encodeURI(file).replace(/[?#]/g, encodeURIComponent)}`;
  return url.replace(/[?#].*$/, "");
}

/** The nearest frame outside of this package: who called it, as far as the stack tells. */
export function callerPlace(): { file: string; line: number } | undefined {
  const own = new URL("../", import.meta.url).href;
  for (const frame of (new Error().stack ?? "").split("\n").slice(1)) {
    const match = /(file:\/\/.*?):(\d+):\d+\)?$/.exec(frame);
    if (match && !match[1].startsWith(own)) return { file: fileURLToPath(match[1]), line: Number(match[2]) };
  }
  return undefined;
}
