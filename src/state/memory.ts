/** Partials in this process's memory: what a job commits through when no store is named. */
import type { Partials, State } from "./state.ts";

interface Entry {
  token: string;
  /** Undefined: folded into another; the mark stays. */
  bytes: Uint8Array | undefined;
}

class MemoryPartials implements Partials {
  #entries = new Map<string, Entry>();
  #folded = 0;

  async put(split: string, token: string, bytes: Uint8Array): Promise<boolean> {
    if (this.#entries.has(split)) return false;
    this.#entries.set(split, { token, bytes });
    return true;
  }

  async has(split: string): Promise<boolean> {
    return this.#entries.has(split);
  }

  async *entries(): AsyncIterable<{ split: string; token: string; bytes: Uint8Array }> {
    for (const [split, { token, bytes }] of this.#entries) if (bytes) yield { split, token, bytes };
  }

  async fold(merge: (partials: Uint8Array[]) => Promise<Uint8Array>): Promise<void> {
    const present = [...this.#entries.values()].filter((entry) => entry.bytes);
    if (present.length < 2) return;
    const bytes = await merge(present.map((entry) => entry.bytes!));
    for (const entry of present) entry.bytes = undefined;
    this.#entries.set(`\0folded-${this.#folded++}`, { token: "", bytes });
  }

  async clear(): Promise<void> {
    this.#entries.clear();
  }
}

/** State that lives as long as this process. */
export function openMemory(): State {
  const namespaces = new Map<string, MemoryPartials>();
  return {
    url: "memory:",
    capabilities: {
      sync: true,
      crossProcess: false,
      crossHost: false,
      durable: "process",
      snapshot: true,
      atomicAcrossKeys: true,
    },
    partials(namespace: string): Partials {
      const known = namespaces.get(namespace) ?? new MemoryPartials();
      namespaces.set(namespace, known);
      return known;
    },
    async [Symbol.asyncDispose]() {
      namespaces.clear();
    },
  };
}
