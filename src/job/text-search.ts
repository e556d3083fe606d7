/** contains, starts_with and ends_with: by bytes on text vectors with a constant part, on strings otherwise. */
import type { BoundFunction } from "./node.ts";
import { NumberOutput, textsOf } from "./vectors.ts";

export interface TextPredicate {
  /** Whether `part` is found in bytes[start..end]. */
  bytes(bytes: Uint8Array, start: number, end: number, part: Uint8Array): boolean;
  strings(text: string, part: string): boolean;
}

function equalsAt(bytes: Uint8Array, at: number, part: Uint8Array): boolean {
  for (let i = 0; i < part.length; i++) if (bytes[at + i] !== part[i]) return false;
  return true;
}

export const textPredicates: Record<"contains" | "starts_with" | "ends_with", TextPredicate> = {
  contains: {
    bytes(bytes, start, end, part) {
      if (part.length === 0) return true;
      const first = part[0];
      const last = end - part.length;
      for (let at = start; at <= last; at++) if (bytes[at] === first && equalsAt(bytes, at, part)) return true;
      return false;
    },
    strings: (text, part) => text.includes(part),
  },
  starts_with: {
    bytes: (bytes, start, end, part) => end - start >= part.length && equalsAt(bytes, start, part),
    strings: (text, part) => text.startsWith(part),
  },
  ends_with: {
    bytes: (bytes, start, end, part) => end - start >= part.length && equalsAt(bytes, end - part.length, part),
    strings: (text, part) => text.endsWith(part),
  },
};

export function searchBytes(predicate: TextPredicate): BoundFunction {
  return ([text, part]) => {
    const output = new NumberOutput("bool");
    const constant = part.constant?.value;
    const partBytes = typeof constant === "string" ? new TextEncoder().encode(constant) : undefined;
    return (frame) => {
      const { n } = frame;
      const vector = text.evaluate(frame);
      const out = output.take(n);
      if (partBytes !== undefined && vector.kind === "text") {
        const { bytes, starts, ends } = vector;
        for (let i = 0; i < n; i++) {
          out.values[i] = ends[i] >= 0 && predicate.bytes(bytes, starts[i], ends[i], partBytes) ? 1 : 0;
          if (ends[i] < 0) output.nulls(n)[i] = 1;
        }
        return out;
      }
      const texts = textsOf(vector, n);
      const parts = textsOf(part.evaluate(frame), n);
      for (let i = 0; i < n; i++) {
        const [whole, wanted] = [texts[i], parts[i]];
        out.values[i] = whole !== null && wanted !== null && predicate.strings(whole, wanted) ? 1 : 0;
        if (whole === null || wanted === null) output.nulls(n)[i] = 1;
      }
      return out;
    };
  };
}
