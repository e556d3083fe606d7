/**
 * `map` of every executor: a window of submitted tasks moves over the items, so that a huge or endless iterable costs
 * the memory of the window only. Leaving the loop early, or a failed task, cancels what is still in the window.
 */
import { UsageError } from "../base/errors.ts";
import type { Future, MapOptions, SubmitOptions, Task } from "./executor.ts";

type Items = Iterable<readonly unknown[]> | AsyncIterable<readonly unknown[]>;
type Submit = <T>(task: Task, args: readonly unknown[], options: SubmitOptions) => Future<T>;

/** Results of `task` over `items`. inFlight: tasks in the window. */
export async function* mapTasks<T>(
  submit: Submit,
  task: Task,
  items: Items,
  options: MapOptions & { inFlight: number },
): AsyncGenerator<T> {
  const { ordered = true, inFlight, ...submitOptions } = options;
  if (!(inFlight >= 1)) throw new UsageError("ERR_BAD_OPTION", `inFlight must be at least 1, got ${inFlight}`);
  const isAsync = Symbol.asyncIterator in items;
  const iterator = isAsync ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
  const window: Future<T>[] = [];
  const source = {
    isPulling: false,
    isExhausted: false,
    isLeft: false,
    failure: undefined as { error: unknown } | undefined,
  };
  let wake = () => {};
  const changed = () => wake();

  const take = (next: IteratorResult<readonly unknown[]>) => {
    source.isPulling = false;
    if (source.isLeft) return;
    if (next.done) {
      source.isExhausted = true;
    } else {
      const future = submit<T>(task, next.value, submitOptions);
      window.push(future);
      future.then(changed, changed);
    }
    changed();
  };
  const fail = (error: unknown) => {
    source.isPulling = false;
    source.isExhausted = true;
    source.failure = { error };
    changed();
  };
  const pull = () => {
    source.isPulling = true;
    try {
      const next = iterator.next();
      if (isAsync) Promise.resolve(next).then(take).catch(fail);
      else take(next as IteratorResult<readonly unknown[]>);
    } catch (error) {
      fail(error);
    }
  };

  try {
    for (;;) {
      while (!source.isExhausted && !source.isPulling && window.length < inFlight) pull();
      const at = ordered ? 0 : window.findIndex((future) => future.done);
      if (window[at]?.done) yield await window.splice(at, 1)[0];
      else if (window.length > 0 || source.isPulling) await new Promise<void>((resolve) => (wake = resolve));
      else if (source.failure) throw source.failure.error;
      else if (source.isExhausted) return;
    }
  } finally {
    for (const future of window) future.cancel("the loop over the results was left");
    source.isLeft = true;
    // A source that is still waiting for its next item ends when it gets there: do not wait for it.
    if (source.isPulling) Promise.resolve(iterator.return?.()).catch(() => undefined);
    else if (!source.isExhausted) await iterator.return?.();
  }
}
