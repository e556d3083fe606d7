/**
 * A user's own aggregate: one accumulator value per group, stepped row by row, nulls left out. Partials go through the
 * structured clone (Map, Set, Date, typed arrays travel; functions and class instances do not).
 */
import { deserialize, serialize } from "node:v8";
import { UsageError } from "../../base/errors.ts";
import type { ByteReader, ByteWriter } from "../../sketch/bytes.ts";
import type { UserAggregate } from "../kernel.ts";
import type { Vector } from "../vector.ts";
import { type Accumulator, inputOf } from "./accumulator.ts";
import { Cell } from "./cell.ts";

/** A user's function threw at this row of the batch; `cause` is what it threw. */
export class AggregateFailed extends Error {
  readonly row: number;
  readonly user: UserAggregate;
  constructor(row: number, user: UserAggregate, cause: unknown) {
    super("a user aggregate failed", { cause });
    this.row = row;
    this.user = user;
  }
}

export class UserAccumulator implements Accumulator {
  readonly #user: UserAggregate;
  readonly #accumulators: unknown[] = [];
  /** Whether the group has an accumulator: undefined is a legal one. */
  readonly #started: boolean[] = [];
  readonly #cell: Cell = new Cell();

  constructor(user: UserAggregate | undefined) {
    if (user === undefined) {
      throw new UsageError("ERR_AGGREGATE_MISSING", "a user aggregate was planned but not given", {
        hint: "the job's module must define the same aggregates when the worker imports it",
      });
    }
    this.#user = user;
  }

  grow(count: number): void {
    while (this.#started.length < count) {
      this.#started.push(false);
      this.#accumulators.push(undefined);
    }
  }

  step(groups: Int32Array, n: number, inputs: Vector[]): void {
    const input = inputOf(inputs, "user");
    for (let i = 0; i < n; i++) {
      const value = input.kind === "values" ? input.values[i] : this.#decode(input, i);
      if (value === null || value === undefined) continue;
      const group = groups[i];
      try {
        const accumulator = this.#started[group] ? this.#accumulators[group] : this.#user.zero();
        this.#accumulators[group] = this.#user.step(accumulator, value);
      } catch (error) {
        throw new AggregateFailed(i, this.#user, error);
      }
      this.#started[group] = true;
    }
  }

  #decode(input: Vector, i: number): unknown {
    this.#cell.load(input, i);
    return this.#cell.value();
  }

  write(writer: ByteWriter, groups: Int32Array): void {
    for (const group of groups) {
      writer.byte(this.#started[group] ? 1 : 0);
      if (!this.#started[group]) continue;
      const bytes = this.#serialize(this.#accumulators[group]);
      writer.slice(bytes, 0, bytes.length);
    }
  }

  #serialize(accumulator: unknown): Uint8Array {
    try {
      return serialize(accumulator);
    } catch (cause) {
      throw new UsageError(
        "ERR_AGGREGATE_NOT_DATA",
        "the accumulator of a user aggregate cannot travel between workers",
        {
          hint: "keep plain data in it: numbers, strings, arrays, objects, Map, Set, Date, typed arrays; no functions",
          cause,
        },
      );
    }
  }

  merge(reader: ByteReader, map: Int32Array): void {
    for (const group of map) {
      if (reader.byte() === 0) continue;
      const start = reader.skipSlice();
      const other: unknown = deserialize(reader.bytes.slice(start, reader.at));
      this.#accumulators[group] = this.#started[group] ? this.#user.merge(this.#accumulators[group], other) : other;
      this.#started[group] = true;
    }
  }

  finish(group: number): unknown {
    return this.#user.finish(this.#started[group] ? this.#accumulators[group] : this.#user.zero());
  }
}
