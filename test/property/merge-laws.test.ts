/** The answer of a group-by equals the naive one for any split of the rows, any parts and any order of merging. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createGrouping, type GroupingOptions } from "../../src/kernel/group/grouping.ts";
import type { Grouping } from "../../src/kernel/kernel.ts";
import { createSimdGrouping } from "../../src/kernel/simd/grouping.ts";
import { KernelInstance } from "../../src/kernel/simd/instance.ts";
import { tries } from "../support/cases.ts";
import { cases, check, fold, naiveAnswer, pairsOf, setupOf, shuffled } from "../support/group-cases.ts";

/** One instance for many groupings: what one leaves behind must not show in the next. */
const instance = new KernelInstance();
const simd = (setup: GroupingOptions): Grouping => createSimdGrouping(instance, setup);

/** Scalar and SIMD workers merge each other's partials. */
const kernels: Record<string, (setup: GroupingOptions, draw: () => number) => Grouping> = {
  scalar: (setup) => createGrouping(setup),
  simd,
  mixed: (setup, draw) => (draw() % 2 === 0 ? simd(setup) : createGrouping(setup)),
};

describe.each(Object.keys(kernels))("group-by, %s", (name) => {
  const create = kernels[name];
  test("any partition, parts and order of merging give the naive answer", () => {
    const plan = fc.record({
      one: cases,
      order: fc.infiniteStream(fc.nat(1000)),
      groupings: fc.integer({ min: 1, max: 5 }),
      parts: fc.integer({ min: 1, max: 3 }),
    });
    fc.assert(
      fc.property(plan, ({ one, order, groupings, parts }) => {
        const setup = setupOf(one);
        const draw = (): number => order.next().value as number;
        const workers = Array.from({ length: groupings }, () => create(setup, draw));
        const records = shuffled(pairsOf(one.rows), draw);
        for (const record of records) fold(workers[draw() % groupings], one, record, draw() % 3 === 0);
        const merged = Array.from({ length: parts }, () => create(setup, draw));
        const partials = workers.flatMap((worker) => worker.export(parts).map((bytes, part) => ({ bytes, part })));
        for (const { bytes, part } of shuffled(partials, draw)) merged[part].merge(bytes);
        const whole = create(setup, draw);
        for (const part of shuffled(merged, draw)) for (const bytes of part.export(2)) whole.merge(bytes);
        whole.merge(create(setup, draw).export(1)[0]);
        const single = createGrouping(setup);
        for (const record of pairsOf(one.rows)) fold(single, one, record, false);
        const actual = whole.finish();
        expect(actual).toEqual(single.finish());
        check(one, actual, naiveAnswer(one));
      }),
      tries(400),
    );
  });

  test("no key is in two parts", () => {
    fc.assert(
      fc.property(cases, fc.integer({ min: 2, max: 5 }), (one, parts) => {
        const setup = { keys: one.keyKinds.length, aggregates: [], user: [] };
        const grouping = create(setup, () => 0);
        const bare = { ...one, aggregates: [] };
        for (const record of pairsOf(one.rows)) fold(grouping, bare, record, false);
        const sizes = grouping.export(parts).map((bytes) => {
          const part = create(setup, () => 1);
          part.merge(bytes);
          return part.groups;
        });
        if (setup.keys > 0) expect(sizes.reduce((a, b) => a + b)).toBe(grouping.groups);
      }),
      tries(100),
    );
  });
});
