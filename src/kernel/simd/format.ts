/** Rows of a result table as text, written in WebAssembly (assembly/format.ts); cells that it cannot write come from the caller. */
import { mapBytes } from "../../base/pages.ts";
import { cellOf, vectorOf } from "../columns.ts";
import type { SimdTable } from "./result-table.ts";
import { TableColumn } from "./table-column.ts";

/** How rows become text. Everything is ASCII or UTF-8 that is written as it stands. */
export interface RowForm {
  quoting: "csv" | "json";
  /** CSV: one byte that no number and no time contains. */
  delimiter: string;
  /** What precedes each column's cell. */
  before: string[];
  nullText: string;
  end: string;
  /** By column: numbers are times. */
  isTime: boolean[];
  /** Times are wanted in UTC. */
  canWriteTimes: boolean;
  /** A cell's text, ready to be written: what the kernel writes itself is not asked for. */
  ready: (column: number, value: unknown) => string | null;
}

interface FormatFunctions {
  allFit(values: number, nulls: number, n: number, isTime: number): number;
  formatRows(
    columns: number,
    count: number,
    style: number,
    order: number,
    from: number,
    to: number,
    out: number,
    outEnd: number,
  ): number;
}

const KIND = { text: 0, ready: 1, whole: 2, bool: 3, time: 4 } as const;
const COLUMN_WORDS = 12;
const STYLE_WORDS = 8;
const SLACK = 64;
/** Text is handed on in pieces of about this size. */
const PIECE_BYTES = 1024 * 1024;

/** Rows 0..to in sorted order as text, in pieces. */
export function formatTable(table: SimdTable, to: number, form: RowForm): Uint8Array<ArrayBuffer>[] {
  const writer = new Writer(table, form);
  try {
    return writer.write(to);
  } finally {
    writer.free();
  }
}

class Writer {
  readonly #table: SimdTable;
  readonly #form: RowForm;
  readonly #functions: FormatFunctions;
  readonly #blocks: number[] = [];
  readonly #rendered: TableColumn[] = [];

  constructor(table: SimdTable, form: RowForm) {
    this.#table = table;
    this.#form = form;
    this.#functions = table.kernel.functions<FormatFunctions>();
  }

  #alloc(bytes: number): number {
    const at = this.#table.kernel.alloc(bytes + SLACK);
    this.#blocks.push(at);
    return at;
  }

  #text(text: string): [number, number] {
    const bytes = Buffer.from(text);
    const at = this.#alloc(bytes.length);
    this.#table.kernel.bytes.set(bytes, at);
    return [at, bytes.length];
  }

  free(): void {
    for (const at of this.#blocks) this.#table.kernel.free(at);
    for (const column of this.#rendered) column.free();
  }

  write(to: number): Uint8Array<ArrayBuffer>[] {
    const { kernel, columns } = this.#table;
    const described = this.#alloc(columns.length * COLUMN_WORDS * 4);
    columns.forEach((column, c) => {
      kernel.words.set(this.#describe(column, c), described / 4 + c * COLUMN_WORDS);
    });
    const style = this.#alloc(STYLE_WORDS * 4);
    const { quoting, delimiter, end } = this.#form;
    const head = [quoting === "json" ? 1 : 0, delimiter.charCodeAt(0) || 0, ...this.#text(end), 0, 0];
    kernel.words.set(head, style / 4);
    const order = this.#table.orderAt();
    const pieces: Uint8Array<ArrayBuffer>[] = [];
    let size = PIECE_BYTES;
    let out = this.#alloc(size);
    for (let from = 0; from < to; ) {
      const done = this.#functions.formatRows(described, columns.length, style, order, from, to, out, out + size);
      if (done === 0) {
        size = kernel.words[style / 4 + 5] >>> 0;
        out = this.#alloc(size);
        continue;
      }
      from += done;
      const piece = mapBytes((kernel.words[style / 4 + 4] >>> 0) - out);
      piece.set(kernel.bytes.subarray(out, out + piece.length));
      pieces.push(piece);
    }
    return pieces;
  }

  #describe(column: TableColumn, c: number): number[] {
    const { before, nullText } = this.#form;
    const { source, kind } = this.#writable(column, c);
    const nulls = source.hasNulls ? source.nulls.at : 0;
    return [
      kind,
      nulls,
      source.first.at,
      source.ends.at,
      source.text.at,
      ...this.#text(before[c]),
      ...this.#text(nullText),
      0,
      0,
      0,
    ];
  }

  /** The column as it is, or its cells as text that is ready. */
  #writable(column: TableColumn, c: number): { source: TableColumn; kind: number } {
    const { kind } = column;
    if (kind === "text") return { source: column, kind: KIND.text };
    if (kind === "bool") return { source: column, kind: KIND.bool };
    if (kind === "int" || kind === "float" || kind === "timestamp") {
      const isTime = this.#form.isTime[c];
      const nulls = column.hasNulls ? column.nulls.at : 0;
      const fit = this.#functions.allFit(column.first.at, nulls, this.#table.rows, isTime ? 1 : 0);
      if (fit !== 0 && (!isTime || this.#form.canWriteTimes)) {
        return { source: column, kind: isTime ? KIND.time : KIND.whole };
      }
    }
    return { source: this.#render(column, c), kind: KIND.ready };
  }

  #render(column: TableColumn, c: number): TableColumn {
    const vector = column.vector();
    const texts: (string | null)[] = [];
    for (let i = 0; i < this.#table.rows; i++) {
      texts.push(this.#form.ready(c, cellOf(vector, i))?.toWellFormed() ?? null);
    }
    const rendered = new TableColumn(this.#table.kernel);
    this.#rendered.push(rendered);
    if (texts.every((text) => text === null)) rendered.addBlank(texts.length);
    else rendered.add(vectorOf(texts), 0, texts.length);
    return rendered;
  }
}
