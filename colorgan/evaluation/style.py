"""How report.html looks: the grounds around photographs are neutral grays, as in the app's pages."""

STYLE = """
:root {
  --ground: #c9c9c9; --paper: #ffffff; --line: #d4d4d4; --ink: #1a1a1a; --soft: #595959; --base: #767676;
  --m0: #1d5fbf; --m1: #b34700; --m2: #00795a; --m3: #9b3f86;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #484848; --paper: #1e1e1e; --line: #444444; --ink: #f2f2f2; --soft: #b8b8b8; --base: #9a9a9a;
    --m0: #8ab4f8; --m1: #f0a36b; --m2: #5fd0a8; --m3: #e29ad0;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 1120px; margin: 0 auto; padding: 24px 16px 64px; }
h1 { margin: 0; font-size: 24px; line-height: 1.3; }
h2 { margin: 48px 0 8px; font-size: 24px; line-height: 1.3; }
h3 { margin: 0 0 8px; font-size: 16px; }
p { margin: 0 0 8px; max-width: 44em; }
ul { margin: 0 0 16px; padding-left: 20px; max-width: 52em; overflow-wrap: anywhere; }
figure { margin: 0; min-width: 0; }
figcaption, small, .quiet, .legend { font-size: 14px; color: var(--soft); }
summary { min-height: 44px; padding: 10px 0; font-weight: 600; cursor: pointer; }
:focus-visible { outline: 3px solid var(--m0); outline-offset: 2px; }
.said { margin-top: 16px; }
dt { font-weight: 600; } dd { margin: 0 0 8px; max-width: 44em; color: var(--soft); }

/* Charts */
.charts {
  display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 320px), 1fr)); gap: 40px 48px;
  margin-top: 16px;
}
.chart { max-width: 480px; }
.chart figcaption { margin-top: 8px; }
svg { display: block; width: 100%; height: auto; overflow: visible; }
svg text { font: 13px system-ui, sans-serif; fill: var(--ink); }
svg .value { font-weight: 600; font-variant-numeric: tabular-nums; }
svg .axis { font-size: 11px; fill: var(--soft); }
svg .grid { stroke: var(--line); }
svg .truth { stroke: var(--ink); stroke-dasharray: 3 3; }
svg .bar { stroke: currentColor; stroke-width: 4; stroke-linecap: round; opacity: 0.45; }
svg .dot { fill: currentColor; stroke: var(--paper); stroke-width: 1.5; }
svg .line { fill: none; stroke: currentColor; stroke-width: 2.5; stroke-linejoin: round; }
.m0 { color: var(--m0); } .m1 { color: var(--m1); } .m2 { color: var(--m2); } .m3 { color: var(--m3); }
.baseline { color: var(--base); }
.legend { display: flex; flex-wrap: wrap; gap: 4px 16px; margin: 4px 0; }
.key::before {
  content: ''; display: inline-block; width: 16px; margin-right: 6px; border-top: 4px solid currentColor;
  vertical-align: middle;
}

/* Tables */
.scroll { overflow-x: auto; margin: 8px 0 16px; }
table { border-collapse: collapse; min-width: 100%; font-variant-numeric: tabular-nums; }
table.plain { min-width: 0; }
th, td { padding: 8px 16px 8px 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
thead th { vertical-align: bottom; }
tbody th { position: sticky; left: 0; min-width: 112px; max-width: 15em; background: var(--paper); font-weight: 400; }
td small { display: block; white-space: nowrap; }
td strong { font-weight: 700; }

/* Photos: on a neutral gray, as colour is judged against what surrounds it */
.sheet { display: grid; gap: 16px; padding: 16px; background: var(--ground); }
.sheet figcaption { color: var(--ink); overflow-wrap: anywhere; }
.row { display: grid; gap: 8px; align-items: start; }
.n3 { grid-template-columns: repeat(3, 1fr); } .n4 { grid-template-columns: repeat(4, 1fr); }
.n5 { grid-template-columns: repeat(5, 1fr); } .n6 { grid-template-columns: repeat(6, 1fr); }
.row img { display: block; width: 100%; height: auto; }
.histograms {
  display: grid; grid-template-columns: repeat(auto-fill, minmax(160px, 1fr)); gap: 16px; max-width: 880px;
}
.cells { display: block; width: 100%; background: var(--ground); image-rendering: pixelated; }
@media (max-width: 640px) {
  .sheet { margin: 0 -16px; padding: 16px 8px; gap: 24px; }
  .row { gap: 4px; }
  .n4, .n5, .n6 { grid-template-columns: repeat(2, 1fr); }
}
"""
