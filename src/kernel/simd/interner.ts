/** Texts of a column to small numbers, by the dictionary of the group-by (assembly/dictionary.ts, whose layout this file reads). */
import type { TextInterner } from "../kernel.ts";
import type { TextVector } from "../vector.ts";
import type { KernelInstance } from "./instance.ts";
import type { KernelMemory } from "./memory.ts";

interface DictionaryExports {
  dictionaryNew(): number;
  dictionaryClear(dictionary: number): void;
  internText(
    dictionary: number,
    bytes: number,
    starts: number,
    ends: number,
    n: number,
    out: number,
    skip: number,
  ): number;
}

/** Fields of a dictionary, in words: how many entries, and where they are. */
const SIZE = 0;
const ENTRIES = 1;
/** Words of an entry: address, 0, length (-1: no text, which is null here), tag. */
const ENTRY_WORDS = 4;
const ENTRY_LENGTH = 2;

export class SimdInterner implements TextInterner {
  readonly #instance: KernelInstance;
  readonly #memory: KernelMemory;
  readonly #wasm: DictionaryExports;
  readonly #dictionary: number;
  #ids: Int32Array;

  constructor(instance: KernelInstance, memory: KernelMemory) {
    this.#instance = instance;
    this.#memory = memory;
    this.#wasm = instance.functions<DictionaryExports>();
    this.#dictionary = this.#wasm.dictionaryNew() >>> 0;
    this.#ids = memory.ints(1);
  }

  get size(): number {
    return this.#instance.words[(this.#dictionary >>> 2) + SIZE];
  }

  intern({ bytes, starts, ends }: TextVector, n: number): Int32Array | undefined {
    const [at, from, to] = [bytes, starts, ends].map((view) => this.#instance.addressOf(view));
    if (at === undefined || from === undefined || to === undefined) return undefined;
    if (this.#ids.length < n) this.#ids = this.#memory.ints(n, this.#ids);
    this.#wasm.internText(this.#dictionary, at, from, to, n, this.#ids.byteOffset, 0);
    return this.#ids;
  }

  textsFrom(from: number): TextVector {
    const { size } = this;
    const { words, bytes: memory } = this.#instance;
    const entries = words[(this.#dictionary >>> 2) + ENTRIES] >>> 2;
    const entry = (id: number) => entries + id * ENTRY_WORDS;
    let total = 0;
    for (let id = from; id < size; id++) total += Math.max(0, words[entry(id) + ENTRY_LENGTH]);
    const bytes = new Uint8Array(total);
    const starts = new Int32Array(size - from);
    const ends = new Int32Array(size - from);
    let at = 0;
    for (let id = from; id < size; id++) {
      const length = words[entry(id) + ENTRY_LENGTH];
      starts[id - from] = at;
      ends[id - from] = length < 0 ? -1 : at + length;
      if (length <= 0) continue;
      const address = words[entry(id)] >>> 0;
      bytes.set(memory.subarray(address, address + length), at);
      at += length;
    }
    return { kind: "text", bytes, starts, ends };
  }

  clear(): void {
    this.#wasm.dictionaryClear(this.#dictionary);
  }
}
