/**
 * The thread table: what every worker is doing right now, in shared memory, so that watching costs the watched nothing.
 * Not for: passing work or results (the executor's messages do that), nor for anything that must be exact across words.
 *
 * One table is one SharedArrayBuffer: a header of 64 bytes, then rows of 128 bytes (two cache lines: neighbours in
 * the table never share a line, nor the pair of lines that the prefetcher fetches together).
 *
 *   header  0        4        8        12                              64
 *           | magic  | version| rows   | reserved                      |
 *
 *   row     0        4        8        12       16                24                32
 *           | state  | cancel | attempt| thread | task (i64)      | split (i64)     |
 *           32                40                48                56                64
 *           | rows (i64)      | bytes (i64)     | rejected (i64)  | heartbeat (i64) |
 *           64       68                          84                                128
 *           | pid    | name: length, 15 bytes    | reserved                          |
 *
 * Who writes. A row has one writer: the worker that owns it. The one exception is `cancel`, which only the coordinator
 * writes. Before a worker starts and after its exit was seen the coordinator owns the row (it resets it, marks it dead
 * or lost). A lost worker may wake up and write again, so its row is handed to nobody else until it is really gone.
 *
 * Which accesses pair. Every word is written with Atomics.store or Atomics.add and read with Atomics.load, so no word is
 * torn and a reader sees a writer's words in the order of writing:
 *   - begin() stores split, attempt, then task, then state (worker) <-> snapshot() and the coordinator's look at `task`
 *     after an exit: who reads this task's number also reads its attempt, and knows that the task was really taken up;
 *   - requestCancel() stores cancel (coordinator) <-> isCancelled (worker, polled between chunks);
 *   - addRows, addBytes, addRejected (worker) <-> getters (anybody): each counter is exact, two counters read one after
 *     the other may be of two moments. A sampler needs no more, and a lock would make observing cost something.
 * The name is plain bytes: it is written once, before the first store to `state`, which publishes it.
 */
import { ThreadmillError } from "../base/errors.ts";
import { WORKER_NAME_BYTES_MAX } from "../base/limits.ts";

const MAGIC = 0x746d7462; // "tmtb"
const VERSION = 1;
const HEADER_BYTES = 64;
const ROW_BYTES = 128;
const ROW_WORDS = ROW_BYTES / 4;
const ROW_LONGS = ROW_BYTES / 8;

const WORD = { state: 0, cancel: 1, attempt: 2, threadId: 3, pid: 16 } as const;
const LONG = { task: 2, split: 3, rows: 4, bytes: 5, rejected: 6, heartbeat: 7 } as const;
const NAME_BYTE = 68;

/** The number in the table is the place in this list. "free": no worker has the row. */
const rowStates = ["free", "starting", "idle", "running", "draining", "dead", "lost"] as const;
export type RowState = (typeof rowStates)[number];

/** One row as plain data. Counters are of the worker's whole life; times are milliseconds since 1970. */
export interface RowSnapshot {
  index: number;
  state: RowState;
  cancelled: boolean;
  attempt: number;
  threadId: number;
  task: number;
  split: number;
  rows: number;
  bytes: number;
  rejected: number;
  heartbeatMs: number;
  pid: number;
  name: string;
}

/** A typed view of one row, for its writer and for readers. */
export class ThreadTableRow {
  readonly index: number;
  readonly #words: Int32Array<SharedArrayBuffer>;
  readonly #longs: BigInt64Array<SharedArrayBuffer>;
  readonly #name: Uint8Array<SharedArrayBuffer>;

  constructor(buffer: SharedArrayBuffer, index: number) {
    const start = HEADER_BYTES + index * ROW_BYTES;
    this.index = index;
    this.#words = new Int32Array(buffer, start, ROW_WORDS);
    this.#longs = new BigInt64Array(buffer, start, ROW_LONGS);
    this.#name = new Uint8Array(buffer, start + NAME_BYTE, 1 + WORKER_NAME_BYTES_MAX);
  }

  get state(): RowState {
    return rowStates[Atomics.load(this.#words, WORD.state)] ?? "free";
  }
  set state(state: RowState) {
    Atomics.store(this.#words, WORD.state, rowStates.indexOf(state));
  }
  /** 1-based; 0 before the first task. */
  get attempt(): number {
    return Atomics.load(this.#words, WORD.attempt);
  }
  /** The operating system's id of the thread; 0 where it cannot be known. */
  get threadId(): number {
    return Atomics.load(this.#words, WORD.threadId);
  }
  set threadId(id: number) {
    Atomics.store(this.#words, WORD.threadId, id);
  }
  get pid(): number {
    return Atomics.load(this.#words, WORD.pid);
  }
  set pid(pid: number) {
    Atomics.store(this.#words, WORD.pid, pid);
  }
  /** Ordinal of the dispatch that runs, or ran last; 0 before the first. */
  get task(): number {
    return Number(Atomics.load(this.#longs, LONG.task));
  }
  /** Id of the split; -1 when the task works on none. */
  get split(): number {
    return Number(Atomics.load(this.#longs, LONG.split));
  }
  set split(id: number) {
    Atomics.store(this.#longs, LONG.split, BigInt(id));
  }
  get rows(): number {
    return Number(Atomics.load(this.#longs, LONG.rows));
  }
  get bytes(): number {
    return Number(Atomics.load(this.#longs, LONG.bytes));
  }
  get rejected(): number {
    return Number(Atomics.load(this.#longs, LONG.rejected));
  }
  get heartbeatMs(): number {
    return Number(Atomics.load(this.#longs, LONG.heartbeat));
  }
  get name(): string {
    const length = Math.min(this.#name[0], WORKER_NAME_BYTES_MAX);
    // A copy: TextDecoder refuses shared memory.
    return new TextDecoder().decode(Uint8Array.from(this.#name.subarray(1, 1 + length)));
  }

  /** Counts up; call it per chunk, not per record. `n` is a non-negative integer. */
  addRows(n: number): void {
    Atomics.add(this.#longs, LONG.rows, BigInt(n));
  }
  addBytes(n: number): void {
    Atomics.add(this.#longs, LONG.bytes, BigInt(n));
  }
  addRejected(n: number): void {
    Atomics.add(this.#longs, LONG.rejected, BigInt(n));
  }
  /** Says that the worker makes progress. Call it per chunk. */
  beat(): void {
    Atomics.store(this.#longs, LONG.heartbeat, BigInt(Date.now()));
  }
  /** The worker takes up dispatch `task`. The task's number is stored after its attempt and split: see the essay. */
  begin(task: number, attempt: number, state: RowState = "running"): void {
    this.split = -1;
    Atomics.store(this.#words, WORD.attempt, attempt);
    Atomics.store(this.#longs, LONG.task, BigInt(task));
    this.state = state;
    this.beat();
  }

  /** True once the coordinator wants the running task to stop. Long loops poll it between chunks. */
  get isCancelled(): boolean {
    return Atomics.load(this.#words, WORD.cancel) !== 0;
  }
  /** The coordinator's only write to a live row. */
  requestCancel(): void {
    Atomics.store(this.#words, WORD.cancel, 1);
  }

  /** Clears the row for a new worker. Only while no worker owns it. */
  reset(name: string, pid: number): void {
    for (const index of Object.values(LONG)) Atomics.store(this.#longs, index, 0n);
    for (const index of Object.values(WORD)) Atomics.store(this.#words, index, 0);
    const { written } = new TextEncoder().encodeInto(name, scratch);
    this.#name.set(scratch.subarray(0, written), 1);
    this.#name[0] = written;
    this.split = -1;
    this.pid = pid;
    this.state = "starting";
  }

  snapshot(): RowSnapshot {
    return {
      index: this.index,
      state: this.state,
      cancelled: this.isCancelled,
      task: this.task,
      attempt: this.attempt,
      threadId: this.threadId,
      split: this.split,
      rows: this.rows,
      bytes: this.bytes,
      rejected: this.rejected,
      heartbeatMs: this.heartbeatMs,
      pid: this.pid,
      name: this.name,
    };
  }
}

// encodeInto never splits a character, and refuses shared memory.
const scratch = new Uint8Array(WORKER_NAME_BYTES_MAX);

/** The table. `buffer` travels to workers (workerData, postMessage), which open it again. */
export class ThreadTable {
  readonly buffer: SharedArrayBuffer;
  /** Number of rows. */
  readonly rows: number;

  private constructor(buffer: SharedArrayBuffer, rows: number) {
    this.buffer = buffer;
    this.rows = rows;
  }

  /** A new table, all rows free. */
  static create(rows: number): ThreadTable {
    if (!Number.isInteger(rows) || rows < 1) {
      throw new ThreadmillError("ERR_THREAD_TABLE", `a thread table needs at least one row, got ${rows}`);
    }
    const buffer = new SharedArrayBuffer(HEADER_BYTES + rows * ROW_BYTES);
    new Int32Array(buffer).set([MAGIC, VERSION, rows]);
    return new ThreadTable(buffer, rows);
  }

  /** The same table seen from another thread. Throws ERR_THREAD_TABLE when the buffer is none. */
  static open(buffer: SharedArrayBuffer): ThreadTable {
    const isLongEnough = buffer.byteLength >= HEADER_BYTES;
    const [magic, version, rows] = isLongEnough ? new Int32Array(buffer, 0, 3) : [0, 0, 0];
    const bytes = HEADER_BYTES + rows * ROW_BYTES;
    if (magic !== MAGIC || version !== VERSION || buffer.byteLength !== bytes) {
      throw new ThreadmillError("ERR_THREAD_TABLE", "this buffer holds no thread table of this version", {
        hint: "Pass the `buffer` of a ThreadTable made by the same version of Threadmill.",
      });
    }
    return new ThreadTable(buffer, rows);
  }

  /** View of row `index`. Throws ERR_THREAD_TABLE when there is none. */
  row(index: number): ThreadTableRow {
    if (!Number.isInteger(index) || index < 0 || index >= this.rows) {
      throw new ThreadmillError("ERR_THREAD_TABLE", `the thread table has rows 0 to ${this.rows - 1}, not ${index}`);
    }
    return new ThreadTableRow(this.buffer, index);
  }

  /** All rows that a worker has or had, in order. */
  snapshot(): RowSnapshot[] {
    const all = Array.from({ length: this.rows }, (_, index) => this.row(index).snapshot());
    return all.filter((row) => row.state !== "free");
  }
}
