/**
 * A partitioned group-by gives the naive answer whatever its limits are: rows that find their group in the front, rows
 * that wait in partitions, partials cut early, compacted and spilled, several workers, any number of parts.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Kernel } from "../../src/kernel/kernel.ts";
import { openKernel } from "../../src/kernel/open.ts";
import { eachPartition } from "../../src/kernel/partition/each-partition.ts";
import { PartitionedGrouping } from "../../src/kernel/partition/partitioned-grouping.ts";
import { partsFor } from "../../src/kernel/partition/piece.ts";
import { rowsOf } from "../../src/kernel/partition/rows.ts";
import { tries } from "../support/cases.ts";
import { cases, check, fold, naiveAnswer, pairsOf, setupOf, shuffled } from "../support/group-cases.ts";
import { MemoryStore } from "../support/memory-store.ts";

const limits = fc.record({
  frontGroups: fc.constantFrom(1, 2, 1000),
  frontBytes: fc.constantFrom(1, 1e9),
  compactBytes: fc.constantFrom(1, 20_000, 1e9),
  memoryBytes: fc.constantFrom(1, 40_000, 1e9),
});

test.each(["scalar", "simd"] as const)("%s: any limits, workers and parts give the naive answer", (name) => {
  const kernels: Kernel[] = Array.from({ length: 3 }, () => openKernel(name));
  // One codec each for all cases: what one leaves behind must not show in the next.
  const codecs = kernels.map(rowsOf);
  const plan = fc.record({
    one: cases,
    order: fc.infiniteStream(fc.nat(1000)),
    limits: fc.array(limits, { minLength: 1, maxLength: 3 }),
    parts: fc.integer({ min: 1, max: 3 }).map(partsFor),
  });
  fc.assert(
    fc.property(plan, ({ one, order, limits, parts: wanted }) => {
      const parts = one.keyKinds.length === 0 ? 1 : wanted;
      const setup = setupOf(one);
      const create = (worker = 0) => kernels[worker].grouping(setup);
      const store = new MemoryStore();
      const draw = (): number => order.next().value as number;
      const workers = limits.map(
        (each, worker) =>
          new PartitionedGrouping({
            ...setup,
            create: () => create(worker),
            limits: each,
            store,
            codec: () => codecs[worker],
          }),
      );
      for (const record of shuffled(pairsOf(one.rows), draw)) {
        fold(workers[draw() % workers.length], one, record, draw() % 3 === 0);
      }
      const taken = workers.map((worker) => worker.takePieces(parts));
      const merged = create();
      for (let part = 0; part < parts; part++) {
        const pieces = taken.flatMap((each) => each[part]);
        for (const finished of eachPartition({ pieces, grouping: create(), codec: codecs[0], store })) {
          for (const partial of finished.export(1)) merged.merge(partial);
        }
      }
      const whole = create();
      for (const record of pairsOf(one.rows)) fold(whole, one, record, false);
      const actual = merged.finish();
      expect(actual).toEqual(whole.finish());
      check(one, actual, naiveAnswer(one));
    }),
    tries(150),
  );
});
