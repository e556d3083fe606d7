/**
 * A whole job done plainly, in one thread and one function: the naive reader, values by type, a function per key and
 * input, the naive group-by. No plan, no splits, no columns; it shares no code with the engine.
 */
import type { CsvFormat, Schema } from "../../src/input/batch.ts";
import type { AggregateSpec } from "../../src/kernel/kernel.ts";
import { type NaiveRow, naiveGroup, type Value } from "./naive-group.ts";
import { naiveParse } from "./naive-parser.ts";

export type PlainRecord = Record<string, Value>;

export interface NaiveJob {
  format: CsvFormat | { kind: "ndjson" };
  schema: Schema;
  filter?: (record: PlainRecord) => boolean;
  keys: ((record: PlainRecord) => Value)[];
  aggregates: { spec: AggregateSpec; inputs: ((record: PlainRecord) => Value)[]; isFloat?: boolean }[];
}

/** Rows of the answer, sorted by key: keys, then aggregates. Throws for a row that does not parse. */
export function naiveJob(sources: Uint8Array[], job: NaiveJob): unknown[][] {
  const rows: NaiveRow[] = [];
  for (const [file, source] of sources.entries()) {
    const wanted = job.schema.columns.map((_, i) => i);
    const parsed = naiveParse(source, { format: job.format, schema: job.schema, wanted, lineBytesMax: 2 ** 26 });
    if (parsed.rejected.length > 0) throw new Error(`rejected: ${JSON.stringify(parsed.rejected[0])}`);
    for (const { values, offset } of parsed.rows) {
      const record: PlainRecord = {};
      for (const [i, { name, type }] of job.schema.columns.entries()) record[name] = typedValue(values[i], type);
      if (job.filter && !job.filter(record)) continue;
      const inputs = job.aggregates.map((aggregate) => aggregate.inputs.map((input) => input(record)));
      rows.push({ keys: job.keys.map((key) => key(record)), inputs, file, offset });
    }
  }
  const { rows: count, columns } = naiveGroup(
    {
      keys: job.keys.length,
      aggregates: job.aggregates.map(({ spec }) => spec),
      user: job.aggregates.map(() => undefined),
      float: job.aggregates.map(({ isFloat }) => isFloat ?? false),
    },
    rows,
  );
  return Array.from({ length: count }, (_, i) => columns.map((column) => column[i]));
}

function typedValue(text: string | null, type: string): Value {
  if (text === null || type === "text") return text;
  if (type === "bigint") return BigInt(text);
  if (type === "bool") return text.toLowerCase() === "true";
  if (type === "timestamp") return new Date(text);
  return Number(text);
}
