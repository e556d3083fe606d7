/** Which worker has which row of the thread table. A lost worker keeps its row until it is really gone. */
import { ThreadTable, type ThreadTableRow } from "../shared/thread-table.ts";

export interface RowLease {
  readonly table: ThreadTable;
  readonly row: ThreadTableRow;
}

export class RowLeases {
  readonly table: ThreadTable;
  readonly #free: number[];

  /** Without a table it makes one of twice the workers: a lost worker keeps its row, its replacement needs one. */
  constructor(table: ThreadTable | undefined, workers: number) {
    this.table = table ?? ThreadTable.create(2 * workers);
    this.#free = Array.from({ length: this.table.rows }, (_, index) => this.table.rows - 1 - index);
  }
  take(): RowLease {
    const index = this.#free.pop();
    // A full table (many lost workers) costs a worker its visibility, nothing else.
    const table = index === undefined ? ThreadTable.create(1) : this.table;
    return { table, row: table.row(index ?? 0) };
  }
  giveBack(lease: RowLease): void {
    if (lease.table === this.table) this.#free.push(lease.row.index);
  }
}
