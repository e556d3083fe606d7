// From requests and samples to formats and schemas: sniffing, column types, --columns. Guesses follow DuckDB's.
import { describe, expect, test } from "vitest";
import type { Column } from "../../src/input/batch.ts";
import { inferTypes, typeOfText, uniqueNames } from "../../src/input/column-type.ts";
import { resolveSchema, type SchemaRequest } from "../../src/input/infer.ts";
import { logFormats } from "../../src/input/sniff.ts";

const resolve = (text: string, request: SchemaRequest = {}) => resolveSchema(request, Buffer.from(text));
const show = (columns: readonly Column[]) => columns.map(({ name, type }) => `${name} ${type}`).join(", ");
const columnsOf = (text: string, request?: SchemaRequest) => show(resolve(text, request).schema.columns);
const fails = (text: string, request: SchemaRequest, code: string) =>
  expect(() => resolve(text, request)).toThrow(expect.objectContaining({ code, hint: expect.any(String) }));

test.each([
  ["int", ["0", "-7", "9007199254740991", " 12 "]],
  ["bigint", ["9007199254740993", "-9223372036854775808"]],
  ["float", ["1.5", ".5", "1.", "-1e5", "nan", "-inf", "99999999999999999999", "0.50"]],
  ["bool", ["true", "FALSE"]],
  [
    "timestamp",
    ["2020-02-29", "2019-09-14T23:56:58.560Z", "2020-01-01 10:00", "2020-1-2 9:05", "2020-01-01 10:00:00.123456+02:00"],
  ],
  [
    "text",
    ["", "081", "+1", "1_000", "12:00:00", "2020-02-30", "0000-01-01", "2020-13-01", "0x1f", "yes", "1 2", "1,5"],
  ],
])("%s is recognised", (type, values) => {
  for (const value of values) expect(typeOfText(value), value).toBe(type);
});

test("types widen over the rows; nulls say nothing; only nulls are text", () => {
  const rows = [
    ["1", "1", "1", null, "true", "2020-01-01", "1"],
    ["2", "9007199254740993", "0.5", null, "1", "2020-01-01T00:00:00Z", null],
  ];
  expect(inferTypes(rows)).toEqual(["int", "bigint", "float", "text", "text", "timestamp", "int"]);
  expect(inferTypes([["1"], ["2", "3"]])).toEqual(["int", "int"]);
});

test("names become unique, empty ones positional", () => {
  expect(uniqueNames(["a", "a", null, "a_1", "a"])).toEqual(["a", "a_1", "column2", "a_1_1", "a_2"]);
});

describe("sniffing csv", () => {
  test.each([
    ["a,b\nc,d\n", "a text, b text"],
    ["1,2\n3,4\n", "column0 int, column1 int"],
    ["x,1\ny,2\n", "column0 text, column1 int"],
    ["h\n0\n1\n", "h int"],
    ["h,h\n1,2\n", "h int, h_1 int"],
    ["h,\n1,2\n", "h int, column1 int"],
    ["h,i\n1,\n2,\n", "h int, i text"],
    ["id,n\n", "id text, n text"],
    ["\ufeffa;b\r\n1;2\r\n", "a int, b int"],
    ["a\tb c\n1\t2,5\n2\t3,5\n", "a int, b c text"],
    ['a|b\n1|"x|\n|y"\n', "a int, b text"],
    ["'a,b',1\n'c,d',2\n", "column0 text, column1 int"],
    ["n\n1\n\n2\n", "n int"],
    ["5\n6\n7", "column0 int"],
    ["a,b\n1\n2,3\n", "a int, b int"],
  ])("%j", (text, columns) => {
    const { format, schema, notice } = resolve(text);
    expect(format.kind).toBe("csv");
    expect(show(schema.columns)).toBe(columns);
    expect(schema.fields).toBe(schema.columns.length);
    expect(notice).toMatch(/^read as csv, delimiter .* column/);
  });

  test("the event log has no header line", () => {
    const row = "cadf21578f704c0f,2019-09-14T23:56:58.560Z,http://e.com/?url=081,user-061,EH,Edge,Linux,501,0.9176\n";
    const { format, notice } = resolve(row.repeat(3));
    expect(format).toEqual({ kind: "csv", delimiter: ",", quote: '"', header: false });
    expect(notice).toContain('csv, delimiter ",", no header line, 9 columns (column0 text, column1 timestamp');
  });

  test("an incomplete last line of a sample does not count; of a whole file it does", () => {
    expect(columnsOf("a\n1\n2x", { isWhole: false })).toBe("a int");
    expect(columnsOf("a\n1\n2x", { isWhole: true })).toBe("a text");
  });

  test("nothing in the input", () => {
    expect(resolve("")).toEqual({
      format: { kind: "csv", delimiter: ",", quote: '"', header: false },
      schema: { columns: [], fields: 0 },
      notice: "the input is empty",
    });
    expect(columnsOf("", { columns: [{ name: "a" }, { name: "b", type: "int" }] })).toBe("a text, b int");
  });
});

describe("other formats", () => {
  test("ndjson: the union of paths, in order, numbers by how they are written", () => {
    const text =
      '{"a":{"b":1,"c":[1]},"t":"2020-01-01","n":null}\n{"z":1.0,"a":{"b":9007199254740993},"s":"12"}\nbroken\n';
    const columns = "a.b bigint, a.c text, t timestamp, n text, z float, s text";
    expect(resolve('{"a":1}\n{"a":2}\n')).toMatchObject({
      format: { kind: "ndjson" },
      notice: "read as ndjson, 1 column (a int)",
    });
    expect(columnsOf(text, { format: "ndjson" })).toBe(columns);
    const typed = columnsOf(text, { format: "ndjson", columns: [{ name: "s", type: "int" }, { name: "new" }] });
    expect(typed).toBe(`${columns.replace("s text", "s int")}, new text`);
  });

  const common = '1.2.3.4 - - [10/Oct/2000:13:55:36 -0700] "GET /\\"x HTTP/1.0" 200 12';
  const logColumns = (logFormat: string): Column[] => [
    { name: "host", type: "text" },
    { name: logFormat, type: "int" },
  ];

  test("access logs are recognised; their columns come from the caller", () => {
    expect(resolve(`${common}\n`, { logColumns })).toMatchObject({
      format: { kind: "log", logFormat: logFormats.common },
      schema: { columns: [{ name: "host" }, { name: logFormats.common }], fields: 0 },
      notice: "read as common access log",
    });
    const combined = resolve(`${common} "-" "Mozilla (x)"\n`, { logColumns });
    expect(combined.format).toEqual({ kind: "log", logFormat: logFormats.combined });
    expect(
      columnsOf("", { format: "log", logFormat: "%b", logColumns, columns: [{ name: "%b", type: "float" }] }),
    ).toBe("host text, %b float");
    fails("", { format: "log" }, "ERR_LOG_FORMAT");
  });

  test("text: columns are the pattern's groups, typed by the sample", () => {
    const pattern = "^(?<level>\\w+) (?<ms>\\d+)(?<rest> .*)?$";
    const request = { pattern, flags: "gi" };
    expect(columnsOf("INFO 12\nnone of it\nWARN 7 x\n", request)).toBe("level text, ms int, rest text");
    expect(resolve("", request).format).toEqual({ kind: "text", pattern, flags: "i" });
    fails("", { pattern: "(" }, "ERR_PATTERN");
    fails("", { pattern: "(x)" }, "ERR_PATTERN");
    fails("", { pattern, columns: [{ name: "other" }] }, "ERR_PATTERN");
  });

  test("prose is lines of text", () => {
    const { format, schema } = resolve("the quick, brown\nfox\njumps, over, the\n");
    expect(format.kind).toBe("text");
    expect(show(schema.columns)).toBe("line text");
  });
});

describe("what the user says", () => {
  const names = (text: string) =>
    text.split(",").map((part) => ({ name: part.split(":")[0], type: part.split(":")[1] }));
  const rows = "x,2020-01-01,3\ny,2020-01-02,4\n";

  test("columns without header: no header line; types given or inferred; the rest positional; no notice", () => {
    const { format, schema, notice } = resolve(rows, { columns: names("id,ts:text") });
    expect(format).toMatchObject({ header: false });
    expect(show(schema.columns)).toBe("id text, ts text, column2 int");
    expect(notice).toBeUndefined();
    expect(columnsOf(rows, { columns: names("column2") })).toBe("column2 text, column1 timestamp, column2_1 int");
  });

  test("a header gives names and is no row", () => {
    expect(columnsOf("a,b,a\n1,2,3\n", { header: true })).toBe("a int, b int, a_1 int");
    expect(columnsOf("1,2\n3,4\n", { header: true })).toBe("1 int, 2 int");
    expect(columnsOf("a,b\nc,d\n", { header: false })).toBe("column0 text, column1 text");
  });

  test("with a header, known names give types by name, others name by position", () => {
    expect(columnsOf("a,b\n1,2\n", { header: true, columns: names("b:text") })).toBe("a int, b text");
    expect(columnsOf("a,b\n1,2\n", { header: true, columns: names("x:float") })).toBe("x float, b int");
    expect(resolve("a,b\n1,2\n", { header: true, columns: names("x,y") }).notice).toBe(
      "no declared column stands in the header: the columns are renamed by position (a → x, b → y)",
    );
    expect(resolve("a,b\n1,2\n", { header: true, columns: names("b") }).notice).toBeUndefined();
  });

  test("one mistyped name among known ones renames nothing: it is an error that names the likely one", () => {
    const request = { header: true, columns: names("id,usr") };
    fails("id,ts,user\n1,2,3\n", request, "ERR_HEADER");
    expect(() => resolve("id,ts,user\n1,2,3\n", request)).toThrow(
      expect.objectContaining({ hint: expect.stringContaining('Did you mean "user"?') }),
    );
  });

  test("delimiter, quote and tsv", () => {
    expect(columnsOf("a;b,c\n", { delimiter: ",", header: false })).toBe("column0 text, column1 text");
    expect(columnsOf("a b\n1 2\n", { delimiter: " " })).toBe("a int, b int");
    expect(columnsOf("a,b\t1\n", { format: "tsv", header: false })).toBe("column0 text, column1 int");
    expect(resolve("a\tb\n", { delimiter: "\\t", quote: "" }).format).toMatchObject({ delimiter: "\t", quote: "" });
    expect(columnsOf('"a,b\n', { quote: "", header: false })).toBe("column0 text, column1 text");
    for (const delimiter of ["", ",,", "é", "\n"]) fails("a", { delimiter }, "ERR_DELIMITER");
    fails("a", { quote: "''" }, "ERR_DELIMITER");
  });

  test("mistakes", () => {
    fails(rows, { columns: names("a,b,c,d") }, "ERR_TOO_MANY_COLUMNS");
    fails(rows, { columns: names("a,a") }, "ERR_COLUMN_TWICE");
    fails(rows, { columns: names("a:date") }, "ERR_COLUMN_TYPE");
    expect(() => resolve(rows, { columns: names("a:date") })).toThrow('column a: there is no type "date"');
    fails(rows, { format: "xml" as "csv" }, "ERR_FORMAT");
  });
});
