"""The report page's style sheet: light and dark by the reader's setting, and on paper always light."""

CSS = """
:root { color-scheme: light dark;
  --page: #f6f7f9; --card: #ffffff; --ink: #1b2430; --soft: #5b6675; --line: #dfe3e8; --track: #e9edf2;
  --accent: #2f6fed; --second: #0f9d8a; --heat: 47 111 237; --wrong: 220 78 30; --warn: #fff4e0; --warnline: #e8b04a; }
@media (prefers-color-scheme: dark) { :root {
  --page: #14181e; --card: #1d232b; --ink: #e6eaf0; --soft: #9aa6b5; --line: #323b47; --track: #2a323d;
  --accent: #6c9dff; --second: #3fc4b0; --heat: 88 140 255; --wrong: 240 110 60; --warn: #3a2f18;
  --warnline: #a67c2d; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC",
  "Noto Sans SC", sans-serif; }
main { max-width: 1080px; margin: 0 auto; padding: 32px 24px 48px; }
h1 { font-size: 27px; line-height: 1.25; margin: 0 0 4px; letter-spacing: -.01em; }
h2 { font-size: 18px; margin: 40px 0 12px; }
.scroll + p { margin-top: 8px; }
p { margin: 0 0 10px; max-width: 54em; }
.soft { color: var(--soft); }
.small { font-size: 13px; }
dl.about { display: flex; flex-wrap: wrap; gap: 4px 28px; margin: 14px 0 0; font-size: 14px; }
dl.about div { display: flex; gap: 8px; min-width: 0; }
dl.about dt { color: var(--soft); } dl.about dd { margin: 0; overflow-wrap: anywhere; }
.sample { display: flex; flex-wrap: wrap; gap: 6px 26px; margin: 18px 0 0; padding: 12px 0; color: var(--soft);
  border-top: 1px solid var(--line); border-bottom: 1px solid var(--line); font-size: 14px; }
.sample b { color: var(--ink); font-variant-numeric: tabular-nums; }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(220px, 1fr)); gap: 14px; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 16px 18px; }
.cards + p { margin-top: 10px; }
.card .name { font-weight: 600; }
.card .value { font-size: 34px; line-height: 1.25; font-weight: 650; font-variant-numeric: tabular-nums; }
.card .rule { font-size: 13px; color: var(--soft); }
.card .others { margin-top: 8px; padding-top: 8px; border-top: 1px solid var(--line); font-size: 13px;
  color: var(--soft); }
.card .others div { display: flex; justify-content: space-between; gap: 10px; font-variant-numeric: tabular-nums; }
.warn { background: var(--warn); border: 1px solid var(--warnline); border-radius: 10px; padding: 12px 16px;
  margin: 18px 0 0; overflow-wrap: anywhere; }
.warn ul { margin: 6px 0 0; padding-left: 20px; }
.scroll { overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: 12px; }
table { border-collapse: collapse; width: 100%; font-size: 14px; font-variant-numeric: tabular-nums; }
th, td { padding: 7px 9px; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; }
tr:last-child > td, tr:last-child > th { border-bottom: 0; }
thead th { color: var(--soft); font-weight: 600; font-size: 13px; vertical-align: bottom; }
th:first-child, td:first-child, .left { text-align: left; }
tbody th { font-weight: 500; }
td.lead { font-weight: 650; }
th .tag { display: inline-block; margin-left: 6px; padding: 0 6px; border-radius: 8px; background: var(--accent);
  color: var(--card); font-size: 11px; font-weight: 600; }
tr.group th { color: var(--soft); font-size: 13px; font-weight: 600; background: var(--page); }
.swatch { display: inline-block; width: 12px; height: 12px; border-radius: 3px; margin-right: 8px;
  vertical-align: -1px; border: 1px solid rgb(128 128 128 / .5); }
.bar { display: flex; align-items: center; gap: 8px; justify-content: flex-end; }
.bar i { flex: none; width: 64px; height: 8px; border-radius: 4px; background: var(--track); overflow: hidden; }
.bar i b { display: block; height: 100%; border-radius: 4px; background: var(--accent); }
.bar.second i b { background: var(--second); }
.bar span { min-width: 52px; }
.scroll.fit { width: fit-content; max-width: 100%; }
table.classes { font-size: 13px; }
table.classes thead th { white-space: normal; }
.heat { width: auto; font-size: 13px; }
.heat th, .heat td { padding: 5px 8px; border: 1px solid var(--line); text-align: center; min-width: 52px; }
.heat tbody th { text-align: left; position: sticky; left: 0; background: var(--card); }
.heat thead th { vertical-align: bottom; }
.heat thead th.tall span { writing-mode: vertical-rl; text-orientation: sideways; transform: rotate(180deg);
  max-height: 150px; overflow: hidden; }
.heat td { background: rgb(var(--wrong) / calc(var(--v) * .85)); }
.heat td.right { background: rgb(var(--heat) / calc(var(--v) * .85)); }
.heat td.hi { color: #fff; }
.heat.dense td, .heat.dense thead th { min-width: 14px; width: 14px; padding: 0; font-size: 0; height: 16px; }
.heat.dense thead th.tall { font-size: 10px; padding: 2px 0; line-height: 1.2; }
.heat.dense thead th.tall span { max-height: 110px; }
.heat.dense tbody th { font-size: 11px; padding: 0 6px; line-height: 16px; }
.spread { width: 100%; max-width: 640px; height: auto; display: block; }
.spread rect { fill: var(--accent); } .spread text { fill: var(--soft); font-size: 11px; }
.spread line { stroke: var(--line); }
.plot { width: 100%; height: auto; display: block; }
.plot text { fill: var(--soft); font-size: 11px; } .plot text.ink { fill: var(--ink); font-size: 12px; }
.plot .grid { stroke: var(--line); fill: none; } .plot .track { fill: var(--track); }
.plot .bar0 { fill: var(--soft); } .plot .bar1 { fill: var(--accent); } .plot .bar2 { fill: var(--second); }
.plot .whisker { stroke: var(--ink); stroke-width: 1.3; fill: none; }
.plot .curve { fill: none; stroke-width: 1.4; } .plot .mean { fill: none; stroke: var(--ink); stroke-width: 2.4; }
small.span { color: var(--soft); font-weight: 400; white-space: nowrap; font-variant-numeric: tabular-nums; }
td small.span { margin-left: 6px; } .card small.span { font-size: 13px; }
table.pairs th, table.pairs td { text-align: left; } table.pairs td:last-child { white-space: normal;
  overflow-wrap: anywhere; }
figure { margin: 0 0 14px; break-inside: avoid; }
figcaption { display: flex; flex-wrap: wrap; gap: 2px 18px; margin-bottom: 10px; font-size: 14px; }
figcaption b { overflow-wrap: anywhere; }
.panels { display: grid; grid-template-columns: repeat(3, minmax(0, 1fr)); gap: 10px; }
.panels div { font-size: 12px; color: var(--soft); }
.panels img { display: block; width: 100%; max-height: 420px; object-fit: contain; object-position: top left;
  border-radius: 6px; margin-bottom: 3px; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 18px; margin: 0 0 12px; font-size: 13px; color: var(--soft); }
footer { margin-top: 40px; padding-top: 14px; border-top: 1px solid var(--line); color: var(--soft); font-size: 13px; }
@media (max-width: 640px) { .panels { grid-template-columns: 1fr; } }
@media print {
  @page { size: A4; margin: 14mm; }
  :root { color-scheme: light; --page: #fff; --card: #fff; --ink: #000; --soft: #444; --line: #ccc; --track: #e6e6e6;
    --accent: #2f6fed; --second: #0f9d8a; --heat: 47 111 237; --wrong: 220 78 30; --warn: #fff4e0; }
  * { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
  body { font-size: 11px; } main { max-width: none; padding: 0; } table { font-size: 10px; }
  th, td { padding: 3px 6px; } .scroll { overflow: visible; } h2, h2 + p, .legend { break-after: avoid; }
  h2 { margin-top: 22px; } .small, table.classes, .heat { font-size: 10px; }
  .card, tr, figure, .plot { break-inside: avoid; } thead { display: table-header-group; } .bar i { width: 60px; }
  .heat th, .heat td { min-width: 30px; padding: 2px 3px; } .heat tbody th { position: static; }
}
"""
