/** host, path and param against regular expressions in DuckDB, for well-formed URLs. */
import { beforeAll, test } from "vitest";
import { quoted } from "../support/duckdb.ts";
import { useOracle } from "../support/oracle.ts";

const oracle = useOracle([0]);
const schemes = ["http://", "https://", "//", "ftp://user:secret@"];
const hosts = ["example.com", "EXAMPLE.org:8080", "127.0.0.1", "[::1]:99", "sub.deep.example.co.uk"];
const paths = ["", "/", "/a/b", "/a%20b/;x=1", "/ü", "/a:b@c"];
const queries = [
  "",
  "?",
  "?q=1",
  "?x=2&q=a+b%26c",
  "?q=",
  "?qq=1&q=%C3%BC#frag",
  "#q=1",
  "?a=1#?q=2",
  "?q",
  "?x=http://y/z",
];
let file: string;

beforeAll(async () => {
  const urls = ["", "/only/path?q=7", "no url at all", "mailto:a@b.c"];
  for (const scheme of schemes) {
    for (const host of hosts)
      for (const path of paths) for (const query of queries) urls.push(scheme + host + path + query);
  }
  file = oracle.write("urls.csv", `url,n\n${urls.map((url, i) => `"${url}",${i}`).join("\n")}\n`);
  await oracle.duck.run(
    `create table urls as from read_csv(${quoted(file)}, header = true, auto_detect = false, columns = {'url': 'VARCHAR', 'n': 'INT'})`,
  );
});

const ask = (ours: string, sql: string) =>
  oracle.agree(
    file,
    { header: true, columns: "url:text,n:int", select: `x=${ours}` },
    `select ${sql} from urls order by n`,
  );
const isUrl = `regexp_matches(url, '^([a-z]+:)?//|^/')`;

test("host", () =>
  ask(
    "host(url)",
    String.raw`lower(nullif(regexp_extract(url, '^(?:[a-z]+:)?//(?:[^/?#]*@)?(\[[^\]]*\]|[^/?#:]*)', 1), ''))`,
  ));

test("path", () =>
  ask(
    "path(url)",
    `case when ${isUrl} then coalesce(nullif(regexp_extract(url, '^(?:(?:[a-z]+:)?//[^/?#]*)?([^?#]*)', 1), ''), '/') end`,
  ));

test("param", () =>
  ask(
    "param(url, 'q')",
    String.raw`case when ${isUrl} and regexp_matches(url, '^[^#?]*\?([^#]*&)?q([=&#]|$)') then
      url_decode(replace(regexp_extract(url, '^[^#?]*\?(?:[^#]*&)?q(?:=([^&#]*))?(?:[&#]|$)', 1), '+', ' ')) end`,
  ));
