/** The style and the script of an html page, as text. No data ever gets in here. */

const light = ["#2f6fde", "#d9662b", "#17907a", "#a347ba", "#b58a00", "#5c6f82"];
const dark = ["#7aa7ff", "#ff9d66", "#4fd1b5", "#d592e8", "#e8c252", "#a9bccf"];

const palette = (colors: string[]): string => colors.map((color, i) => `--c${i}:${color}`).join(";");
const classes = light
  .map((_, i) => `.l${i}{stroke:var(--c${i})}.c${i}{fill:var(--c${i})}.k${i}{background:var(--c${i})}`)
  .join("");

export const pageStyle: string = `
:root{--ink:#1b2530;--soft:#5a6876;--paper:#f5f6f8;--card:#fff;--rule:#e2e6ea;--hover:#f0f4fb;${palette(light)}}
@media (prefers-color-scheme:dark){:root{--ink:#e6ebf0;--soft:#98a6b4;--paper:#12171c;--card:#1a2127;--rule:#2c353d;--hover:#222c35;${palette(dark)}}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif}
main{max-width:1120px;margin:0 auto;padding:32px 20px 64px}
h1{font-size:26px;line-height:1.25;margin:0 0 6px;overflow-wrap:anywhere}
h2{font-size:15px;margin:0 0 10px;font-weight:600;overflow-wrap:anywhere}
p{margin:0;color:var(--soft);overflow-wrap:anywhere}
.note{font-size:13px;margin:-8px 0 10px}
dl{display:flex;flex-wrap:wrap;gap:8px 28px;margin:14px 0 0}
dt{font-size:12px;color:var(--soft)}
dd{margin:0;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
section{background:var(--card);border:1px solid var(--rule);border-radius:10px;padding:18px 20px;margin-top:22px}
svg{display:block;width:100%;height:auto;font-size:12px;fill:var(--ink)}
.grid{stroke:var(--rule)}.mark{stroke:var(--soft)}.tick{fill:var(--soft);font-variant-numeric:tabular-nums}
.bar{fill:var(--c0)}
polyline{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}
${classes}
.legend{display:flex;flex-wrap:wrap;gap:6px 20px;list-style:none;margin:10px 0 0;padding:0;font-size:13px}
.legend li{display:flex;align-items:center;gap:7px;max-width:100%}
.legend i{flex:none;width:14px;height:4px;border-radius:2px}
.legend span{overflow:hidden;text-overflow:ellipsis;white-space:nowrap;max-width:320px}
.scroll{overflow:auto;max-height:80vh;margin:0 -20px -18px;border-top:1px solid var(--rule);border-radius:0 0 10px 10px}
table{border-collapse:separate;border-spacing:0;width:100%;font-size:14px}
th{position:sticky;top:0;background:var(--card);border-bottom:1px solid var(--rule);padding:0;text-align:left;white-space:nowrap}
th button{all:unset;box-sizing:border-box;width:100%;padding:9px 20px;cursor:pointer;font-weight:600;color:var(--soft)}
th button:hover,th[aria-sort] button{color:var(--ink)}
th button:focus-visible{outline:2px solid var(--c0);outline-offset:-2px}
th button::after{content:"";display:inline-block;width:1.2em;text-align:right}
th[aria-sort=ascending] button::after{content:"\\2191"}
th[aria-sort=descending] button::after{content:"\\2193"}
th.n,td.n{text-align:right;font-variant-numeric:tabular-nums}
td.n{padding-right:calc(20px + 1.2em);white-space:nowrap}
td{padding:6px 20px;border-bottom:1px solid var(--rule);max-width:520px;overflow-wrap:anywhere}
tr:last-child td{border-bottom:0}
tbody tr:hover td{background:var(--hover)}
.null{color:var(--soft);font-style:italic}
td.t{white-space:nowrap;font-variant-numeric:tabular-nums}
@media print{body{background:#fff}.scroll{max-height:none;overflow:visible}}
`;

/** Sorts the rows of the table by the column whose head was clicked; nulls stay last; the third click restores the order. */
export const pageScript: string = `
(() => {
  const body = document.querySelector("tbody");
  const heads = [...document.querySelectorAll("th")];
  const rows = [...body.rows];
  const text = new Intl.Collator(undefined, { numeric: false }).compare;
  const next = { none: "ascending", ascending: "descending", descending: "none" };
  function byNumber(a, b) {
    if (/^-?\\d{16,}$/.test(a) && /^-?\\d{16,}$/.test(b)) return BigInt(a) < BigInt(b) ? -1 : BigInt(a) > BigInt(b) ? 1 : 0;
    const [x, y] = [Number(a), Number(b)];
    return Number.isNaN(x) ? (Number.isNaN(y) ? 0 : 1) : Number.isNaN(y) ? -1 : x - y || 0;
  }
  function sort(column, order) {
    if (order === "none") return rows;
    const sign = order === "ascending" ? 1 : -1;
    const compare = heads[column].classList.contains("n") ? byNumber : text;
    const keyed = rows.map((row) => ({ row, cell: row.cells[column], value: row.cells[column].textContent }));
    keyed.sort((a, b) => {
      const [x, y] = [a.cell.classList.contains("null"), b.cell.classList.contains("null")];
      return x || y ? x - y : sign * compare(a.value, b.value);
    });
    return keyed.map(({ row }) => row);
  }
  heads.forEach((head, column) => {
    head.querySelector("button").addEventListener("click", () => {
      const order = next[head.getAttribute("aria-sort") ?? "none"];
      for (const other of heads) other.removeAttribute("aria-sort");
      if (order !== "none") head.setAttribute("aria-sort", order);
      body.append(...sort(column, order));
    });
  });
})();
`;
