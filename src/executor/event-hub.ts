/** The listeners of an executor. A listener that throws is the listener's bug: it must not cost a task its result. */
import type { ExecutorEvent } from "./executor.ts";
import { messageOf } from "./failure.ts";

export class EventHub {
  readonly #listeners = new Set<(event: ExecutorEvent) => void>();

  get hasListeners(): boolean {
    return this.#listeners.size > 0;
  }
  on(listener: (event: ExecutorEvent) => void): () => void {
    // Wrapped, so that one function may listen twice and leave once.
    const own = (event: ExecutorEvent) => listener(event);
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }
  emit(event: ExecutorEvent): void {
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch (error) {
        process.emitWarning(`a listener of executor events threw: ${messageOf(error)}`, { code: "ERR_LISTENER" });
      }
    }
  }
}
