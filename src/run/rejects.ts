/** Rejected rows of a run: counted, the first few kept to be shown, all of them handed to the quarantine, in input order. */
import { RejectedError } from "../base/errors.ts";
import { REJECTED_SHOWN, REJECTED_TEXT_CHARS_MAX } from "../base/limits.ts";
import type { Rejected } from "../input/batch.ts";
import type { Source } from "../input/source.ts";
import type { SplitSpec } from "../job/schedule.ts";
import type { SplitResult } from "../job/worker.ts";
import { linesBefore } from "./lines.ts";

/** One rejected row to be shown: where, why, and what it looks like. */
export interface RejectedRow {
  file: string;
  /** 1-based; undefined only where it could not be counted. */
  line: number;
  offset: number;
  reason: Rejected["reason"];
  message: string;
  text: string;
}

export interface RejectReport {
  count: number;
  /** The first ten by file and offset. */
  shown: () => Promise<RejectedRow[]>;
}

interface Kept {
  split: SplitSpec;
  source: Source;
  linesBefore: number | undefined;
  rejected: Rejected;
}

export class Rejects {
  #count = 0;
  #kept: Kept[] = [];
  #max: number;
  #quarantine: ((rejected: Uint8Array) => void) | undefined;

  constructor(max: number, quarantine: ((rejected: Uint8Array) => void) | undefined) {
    this.#max = max;
    this.#quarantine = quarantine;
  }

  /** Takes the rejected rows of a split that is final. Splits come in input order. */
  add(split: SplitSpec, source: Source, result: SplitResult, before: number | undefined): void {
    this.#count += result.rejectedCount;
    if (result.quarantine) this.#quarantine?.(result.quarantine);
    for (const rejected of result.rejected) {
      if (this.#kept.length < REJECTED_SHOWN) this.#kept.push({ split, source, linesBefore: before, rejected });
    }
  }

  get count(): number {
    return this.#count;
  }

  /** Throws the error, with the rows that are kept to be shown. */
  async explain(error: RejectedError): Promise<never> {
    const rows = await this.report().shown();
    const lines = rows.map((row) => `\n  ${formatRejected(row)}`);
    throw new RejectedError(error.code, `${error.message}${lines.join("")}`, {
      hint: "Mend the rows, or allow more of them with --max-errors.",
    });
  }

  /** The error for more rejected rows than allowed, else undefined. */
  excess(): RejectedError | undefined {
    if (this.#count <= this.#max) return undefined;
    return new RejectedError(
      "ERR_TOO_MANY_REJECTED",
      `${this.#count} rows were rejected, more than --max-errors ${this.#max}`,
    );
  }

  report(): RejectReport {
    return { count: this.#count, shown: () => Promise.all(this.#kept.map(describe)) };
  }
}

/** One line: where, why, and the beginning of the row. */
export function formatRejected(row: RejectedRow): string {
  const cut = row.text.length > REJECTED_TEXT_CHARS_MAX;
  const text = JSON.stringify(row.text.slice(0, REJECTED_TEXT_CHARS_MAX));
  return `${row.file}:${row.line}: ${row.message}: ${text}${cut ? "…" : ""}`;
}

async function describe({ split, source, linesBefore: before, rejected }: Kept): Promise<RejectedRow> {
  return {
    file: source.path,
    line: (before ?? (await linesBefore(source, split.start))) + rejected.line + 1,
    offset: rejected.offset,
    reason: rejected.reason,
    message: rejected.message,
    text: Buffer.from(rejected.raw).toString("utf8"),
  };
}
