#include "report/html_page.h"

#include <fmt/core.h>

#include "report/html_text.h"

namespace gulo {
namespace {

constexpr const char* kStyle = R"css(
:root { color-scheme: light dark; --page: #faf9f7; --card: #ffffff; --ink: #1d1c1a; --muted: #6d6962; --line: #e3dfd8;
  --good: #2a6fb0; --bad: #cf4a32; --quiet: #a9b4c0; --over: #ffffff; --series1: #c77700; --series2: #3f8f4f; --series3: #8a5fb5; }
@media (prefers-color-scheme: dark) {
  :root { --page: #15161a; --card: #1c1e23; --ink: #e9e7e2; --muted: #a09c94; --line: #34363d;
    --good: #6aa9e9; --bad: #f07a60; --quiet: #59636f; --over: #10131a; --series1: #f0a840; --series2: #74c484; --series3: #bd98e6; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, "Segoe UI", Roboto, "Liberation Sans", sans-serif; }
main { max-width: 1120px; margin: 0 auto; padding: 36px 24px 72px; }
h1 { font-size: 15px; font-weight: 600; margin: 0 0 14px; color: var(--muted); overflow-wrap: anywhere; }
h2 { font-size: 20px; margin: 0 0 2px; }
p { margin: 0 0 14px; } .muted, section > p { color: var(--muted); }
section { margin-top: 44px; }
.result { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0 28px; }
.error { font-size: 72px; line-height: 1; font-weight: 700; letter-spacing: -2px; }
.error small { font-size: 26px; font-weight: 500; letter-spacing: 0; }
.interval { font-size: 20px; color: var(--muted); }
.strip { display: block; width: 100%; max-width: 640px; height: auto; margin: 12px 0 6px; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; margin: 22px 0 0; }
.tile { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 12px 16px; }
.tile b { display: block; font-size: 24px; line-height: 1.25; font-weight: 650; } .tile span { color: var(--muted); font-size: 13px; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 18px; overflow-x: auto; }
.card + .card { margin-top: 12px; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(400px, 100%), 1fr)); gap: 12px 32px; align-items: start; }
.facts { columns: 2 400px; column-gap: 40px; margin: 0; } .facts div { display: flex; break-inside: avoid; padding: 2px 0; }
.facts dt { color: var(--muted); flex: 0 0 130px; } .facts dd { margin: 0; overflow-wrap: anywhere; }
.beside { display: flex; flex-wrap: wrap; gap: 20px 32px; align-items: flex-start; } .beside > div { flex: 1 1 320px; }
.beside .bar { width: 64px; }
.card h3 { font-size: 15px; margin: 0 0 8px; }
.scroll { max-height: 560px; overflow: auto; }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th { text-align: left; font-weight: 600; color: var(--muted); border-bottom: 1px solid var(--line); white-space: nowrap; }
.scroll th { position: sticky; top: 0; background: var(--card); }
th, td { padding: 5px 12px 5px 0; vertical-align: middle; } td { border-bottom: 1px solid color-mix(in srgb, var(--line) 55%, transparent); }
.sortable th { cursor: pointer; user-select: none; }
th[aria-sort=ascending]::after { content: " ▲"; font-size: 10px; } th[aria-sort=descending]::after { content: " ▼"; font-size: 10px; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.name { min-width: 52px; overflow-wrap: anywhere; } .path { min-width: 200px; overflow-wrap: anywhere; font: 13px ui-monospace, "DejaVu Sans Mono", monospace; unicode-bidi: isolate; }
.barred { white-space: nowrap; } .barred .number { display: inline-block; width: 64px; }
.bar { display: inline-block; vertical-align: middle; width: 110px; height: 9px; border-radius: 3px; background: var(--line); overflow: hidden; }
.bar i { display: block; height: 100%; } .bar.good i { background: var(--good); } .bar.bad i { background: var(--bad); }
svg text { fill: var(--muted); font-size: 12px; } svg .title { fill: var(--ink); }
.chart { display: block; width: 100%; height: auto; max-width: 560px; margin: 0 auto; } .heat { display: block; flex: none; }
.grid { stroke: var(--line); fill: none; stroke-width: 1; } .axis { stroke: var(--muted); } .ground { fill: var(--card); }
.frame { stroke: var(--line); } .heat text { fill: var(--ink); } .heat .count { pointer-events: none; } .heat .over { fill: var(--over); }
.fill.good { fill: var(--good); } .fill.bad { fill: var(--bad); } .fill.quiet { fill: var(--quiet); } .fill.over { fill: var(--bad); fill-opacity: .5; } .fill.under { fill: var(--good); fill-opacity: .45; }
.line { fill: none; stroke-width: 2; stroke-linejoin: round; } .ideal { stroke: var(--muted); stroke-dasharray: 5 4; stroke-width: 1.5; }
.series0 { stroke: var(--good); } .series1 { stroke: var(--series1); } .series2 { stroke: var(--series2); } .series3 { stroke: var(--series3); }
.dot { stroke-width: 1.5; fill: var(--card); } [data-tip]:hover { stroke: var(--ink); stroke-width: 1.5; }
.legend { margin-bottom: 6px; } .key { display: inline-block; width: 22px; height: 4px; border-radius: 2px; margin: 0 7px 3px 16px; }
.key:first-child { margin-left: 0; } .key.series0 { background: var(--good); } .key.series1 { background: var(--series1); }
.key.series2 { background: var(--series2); } .key.series3 { background: var(--series3); }
.key.fill { height: 11px; width: 15px; margin-bottom: -1px; } .key.good { background: var(--good); }
.key.over { background: color-mix(in srgb, var(--bad) 50%, transparent); }
.key.under { background: color-mix(in srgb, var(--good) 45%, transparent); }
.verdict { font-size: 56px; line-height: 1.1; font-weight: 700; letter-spacing: -1.5px; margin: 0 0 10px; }
.verdict.won { color: var(--good); } .verdict.lost { color: var(--bad); } .verdict + p { font-size: 18px; max-width: 900px; }
.measure { display: grid; grid-template-columns: minmax(120px, 260px) 1fr 96px; gap: 16px; align-items: center; padding: 5px 0; }
.track { position: relative; height: 20px; border-radius: 4px; background: color-mix(in srgb, var(--line) 45%, transparent); }
.track i { position: absolute; top: 0; height: 100%; } .track i:first-child { border-radius: 4px 0 0 4px; }
.track .ours { background: var(--good); } .track .theirs { background: var(--quiet); }
.track .whisker { top: 8px; height: 4px; border-radius: 2px; background: var(--ink); opacity: .55; }
.prepare { background: var(--bad); } .train { background: var(--good); } .predict { background: var(--series2); }
.key.dashed { height: 0; border-top: 2px dashed var(--muted); border-radius: 0; }
.codes { display: flex; gap: 12px; overflow-x: auto; align-items: flex-start; padding-bottom: 8px; }
.codes figure { flex: 1 0 min(620px, 100%); min-width: 0; margin: 0; background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 14px 18px; }
.codes figcaption { color: var(--muted); margin-bottom: 8px; } .codes figcaption b { color: var(--ink); }
pre { margin: 0; overflow-x: auto; font: 12px/1.45 ui-monospace, "DejaVu Sans Mono", monospace; }
#tip { position: fixed; z-index: 9; pointer-events: none; max-width: 340px; padding: 5px 10px; border-radius: 6px; font-size: 13px;
  background: var(--ink); color: var(--page); overflow-wrap: anywhere; }
@media print { .scroll { max-height: none; overflow: visible; } .card { break-inside: avoid; } }
)css";

constexpr const char* kScript = R"js(
const tip = document.getElementById("tip");
document.addEventListener("pointermove", event => {
  const text = event.target.dataset?.tip;
  tip.hidden = !text;
  if (!text) return;
  tip.textContent = text;
  tip.style.left = Math.min(event.clientX + 14, innerWidth - tip.offsetWidth - 8) + "px";
  tip.style.top = Math.min(event.clientY + 16, innerHeight - tip.offsetHeight - 8) + "px";
});
for (const head of document.querySelectorAll(".sortable th")) head.addEventListener("click", () => {
  const body = head.closest("table").tBodies[0], column = head.cellIndex;
  const down = head.getAttribute("aria-sort") === "ascending";
  for (const other of head.parentNode.cells) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", down ? "descending" : "ascending");
  const value = row => row.cells[column].dataset.v ?? row.cells[column].textContent;
  const order = (a, b) => value(a).localeCompare(value(b), undefined, {numeric: true});
  const number = (a, b) => value(a) - value(b);
  const rows = [...body.rows].sort(body.rows[0]?.cells[column].dataset.v ? number : order);
  body.append(...(down ? rows.reverse() : rows));
});
)js";

}  // namespace

std::string html_page(const std::string& title, const std::string& body) {
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" "
      "content=\"default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'\">\n"
      "<title>{}</title>\n<style>{}</style>\n</head>\n<body>\n<main>\n{}</main>\n<div id=\"tip\" hidden></div>\n"
      "<script>{}</script>\n</body>\n</html>\n",
      html_escape(title), kStyle, body, kScript);
}

std::string html_section(const std::string& heading, const std::string& explanation, const std::string& content) {
  const std::string paragraph = explanation.empty() ? "" : fmt::format("<p>{}</p>\n", explanation);
  return fmt::format("<section>\n<h2>{}</h2>\n{}{}</section>\n", html_escape(heading), paragraph, content);
}

}  // namespace gulo
