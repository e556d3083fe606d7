import { describe, expect, test } from "vitest";
import { cellOf, sizeOf, sliceVector, valuesOf, vectorOf } from "../../src/kernel/columns.ts";

describe("values as typed columns", () => {
  const lists: [string, unknown[], string][] = [
    ["texts", ["", "ä", "\uFEFFb", null, "😀"], "text"],
    ["numbers", [1, -0.5, null, Number.NaN], "float"],
    ["booleans", [true, null, false], "bool"],
    ["bigints", [1n, -(2n ** 63n), null, 2n ** 63n - 1n], "bigint"],
    ["bigints beyond 64 bits", [1n, 2n ** 64n], "values"],
    ["mixed", [1, "1", null, true], "values"],
    ["objects", [{ a: 1 }, [2], null], "values"],
    ["half a surrogate pair", ["a", "\ud800"], "values"],
    ["nothing but null", [null, null], "values"],
    ["nothing", [], "values"],
  ];
  test.each(lists)("%s", (_, values, kind) => {
    const vector = vectorOf(values);
    expect(vector.kind).toBe(kind);
    expect(valuesOf(vector, 0, values.length)).toEqual(values);
    expect(values.map((_, i) => cellOf(vector, i))).toEqual(values);
    for (let from = 0; from <= values.length; from++) {
      const slice = sliceVector(vector, from, values.length);
      expect(valuesOf(slice, 0, values.length - from)).toEqual(values.slice(from));
    }
  });

  test("undefined is null; numbers are what the caller says; sizes grow with the text", () => {
    expect(valuesOf(vectorOf([undefined, 1], "int"), 0, 2)).toEqual([null, 1]);
    expect(vectorOf([1, 2], "timestamp").kind).toBe("timestamp");
    expect(sizeOf(vectorOf(["x".repeat(1000)]), 0, 1)).toBeGreaterThan(1000);
  });
});
