/** A program that ends while its workers are busy. Argument: exit, throw, or idle (just reach the end). */
import { ThreadExecutor } from "../../../src/executor/index.ts";

const module = new URL("./faults.ts", import.meta.url).href;
const executor = new ThreadExecutor({ workers: 2 });
const way = process.argv[2];
if (way === "idle") {
  console.log(await executor.submit({ module, key: "works", digest: "" }, []));
} else {
  const flags = new Int32Array(new SharedArrayBuffer(4));
  void executor.submit({ module, key: "loops", digest: "" }, [flags]);
  const started = Atomics.waitAsync(flags, 0, 0);
  await started.value;
  if (way === "exit") process.exit(5);
  throw new Error("the program fails");
}
