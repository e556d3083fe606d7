/**
 * Parquet, row group by row group, in bounded memory. The type of an integer column must hold for the whole file, and a
 * 128-bit sum may come last: a result of several row groups with integers is spooled to disk once, its integers looked
 * at, then written. Results of one row group (most) never touch the spool.
 */
import { ByteWriter, ParquetWriter } from "hyparquet-writer";
import { PARQUET_GROUP_CHARS, PARQUET_GROUP_ROWS } from "../base/limits.ts";
import type { Result, ResultColumn } from "./output.ts";
import { type IntegerForm, parquetElement, parquetValues, widen } from "./parquet-types.ts";
import type { Sink } from "./sink.ts";
import { createSpool, type Spool } from "./spool.ts";

export interface ParquetOptions {
  timeZone: string;
  /** Kept in the file's key-value metadata. */
  meta?: Record<string, string>;
  /** Rows of a row group. Default PARQUET_GROUP_ROWS. */
  groupRows?: number;
}

type Group = unknown[][];

/** Writes the result; returns the number of rows. */
export async function writeParquet(result: Result, sink: Sink, options: ParquetOptions): Promise<number> {
  const { columns } = result;
  const forms: IntegerForm[] = columns.map(() => "int64");
  const integers = columns.flatMap((column, c) => (column.type === "int" || column.type === "bigint" ? [c] : []));
  const look = (group: Group): void => {
    for (const c of integers) for (const value of group[c]) forms[c] = widen(forms[c], value);
  };
  const groups = groupsOf(result, options.groupRows ?? PARQUET_GROUP_ROWS);
  if (integers.length === 0) return writeGroups(columns, forms, groups, sink, options);
  await using spool = createSpool();
  const first = await groups.next();
  const second = first.done ? first : await groups.next();
  const held = [first, second].flatMap((step) => (step.done ? [] : [step.value]));
  for (const group of held) look(group);
  // Awaited here: the spool leaves with this scope.
  if (second.done) return await writeGroups(columns, forms, fromArray(held), sink, options);
  await spoolAll(held, groups, spool, look);
  return await writeGroups(columns, forms, spool.read() as AsyncIterable<Group>, sink, options);
}

async function spoolAll(
  held: Group[],
  rest: AsyncIterable<Group>,
  spool: Spool,
  look: (group: Group) => void,
): Promise<void> {
  for (const group of held.splice(0)) await spool.write(group);
  for await (const group of rest) {
    look(group);
    await spool.write(group);
  }
}

async function* fromArray(groups: Group[]): AsyncGenerator<Group> {
  yield* groups;
}

/** Cuts and joins batches to row groups. */
async function* groupsOf(result: Result, groupRows: number): AsyncGenerator<Group> {
  const empty = (): Group => result.columns.map(() => []);
  let group = empty();
  let rows = 0;
  let chars = 0;
  for await (const batch of result.batches) {
    for (let row = 0; row < batch.rows; row++) {
      for (let c = 0; c < group.length; c++) {
        const value = batch.columns[c][row];
        group[c].push(value);
        if (typeof value === "string") chars += value.length;
      }
      if (++rows < groupRows && chars < PARQUET_GROUP_CHARS) continue;
      yield group;
      group = empty();
      rows = chars = 0;
    }
  }
  if (rows > 0) yield group;
}

async function writeGroups(
  columns: ResultColumn[],
  forms: IntegerForm[],
  groups: AsyncIterable<Group>,
  sink: Sink,
  options: ParquetOptions,
): Promise<number> {
  const root = { name: "root", num_children: columns.length };
  const writer = new ByteWriter(1 << 20);
  const drain = async (): Promise<void> => {
    const bytes = writer.getBytes().slice();
    writer.index = 0;
    await sink.raw(bytes);
  };
  const kvMetadata = Object.entries(options.meta ?? {}).map(([key, value]) => ({ key, value }));
  const elements = columns.map((column, c) => parquetElement(column, forms[c]));
  const parquet = new ParquetWriter({
    writer,
    schema: [root, ...elements],
    createdBy: "threadmill",
    ...(kvMetadata.length > 0 && { kvMetadata }),
  });
  let rows = 0;
  for await (const group of groups) {
    const groupRows = group[0]?.length ?? 0;
    const columnData = columns.map((column, c) => ({
      name: column.name,
      data: parquetValues(group[c], column, forms[c], options.timeZone),
    }));
    await parquet.write({ columnData, rowGroupSize: groupRows });
    await drain();
    rows += groupRows;
  }
  // Readers know JSON by its converted type. It is set only now, for the footer: while writing, the library would take
  // it as an order to encode our text as JSON once more, and its own encoder loses large integers.
  for (const element of elements) if (element.logical_type?.type === "JSON") element.converted_type = "JSON";
  await parquet.finish();
  await drain();
  return rows;
}
