/**
 * The queue of waiting calls: larger priority first, then the order of submission. A binary heap; an entry that was
 * cancelled while it waited stays in the heap and is skipped when it comes up (cancelling is then O(1)).
 */

export interface Queued {
  readonly priority: number;
  /** Order of submission; unique. */
  readonly sequence: number;
  readonly isWaiting: boolean;
}

function isBefore(a: Queued, b: Queued): boolean {
  return a.priority === b.priority ? a.sequence < b.sequence : a.priority > b.priority;
}

export class PriorityQueue<T extends Queued> {
  #heap: T[] = [];

  push(item: T): void {
    const heap = this.#heap;
    let at = heap.length;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(item, heap[parent])) break;
      heap[at] = heap[parent];
      at = parent;
    }
    heap[at] = item;
  }

  /** The next waiting entry, left in place. */
  peek(): T | undefined {
    while (this.#heap.length > 0 && !this.#heap[0].isWaiting) this.#removeFirst();
    return this.#heap[0];
  }

  /** The next waiting entry, taken out. */
  pop(): T | undefined {
    const first = this.peek();
    if (first) this.#removeFirst();
    return first;
  }

  /** All waiting entries, in no order; the queue is empty afterwards. */
  drain(): T[] {
    const waiting = this.#heap.filter((item) => item.isWaiting);
    this.#heap = [];
    return waiting;
  }

  #removeFirst(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    const size = heap.length;
    if (size === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= size) break;
      if (child + 1 < size && isBefore(heap[child + 1], heap[child])) child++;
      if (!isBefore(heap[child], last)) break;
      heap[at] = heap[child];
      at = child;
    }
    heap[at] = last;
  }
}
