// The style sheet of the pages. Colours keep a contrast of at least 4.5 : 1 against their background (WCAG 2.2 AA), in
// light and in dark; none of them says anything that a word beside it does not.
#include "surface/page/html.hpp"

namespace nowd {

std::string_view style_sheet() {
  return R"(:root {
  color-scheme: light dark;
  --ground: #ffffff; --text: #1b1b1b; --dim: #595959; --line: #c8c8c8; --link: #0b57a4;
  --good: #0a6b2d; --warn: #7a4b00; --bad: #a3161a; --bar: #3a6ea5; --quiet: #6b7f90;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #14161a; --text: #e8e8e8; --dim: #b0b0b0; --line: #454a52; --link: #8ab4ff;
    --good: #6fd18b; --warn: #f0b45a; --bad: #ff8a80; --bar: #7fb0e6; --quiet: #76828e;
  }
}
* { box-sizing: border-box; }
html { background: var(--ground); color: var(--text); font: 100%/1.5 system-ui, sans-serif; }
body { margin: 0 auto; max-width: 75rem; padding: 0 1rem 2rem; overflow-wrap: anywhere; }
a { color: var(--link); }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
main:focus { outline: none; }
.skip { position: absolute; left: -100vw; }
.skip:focus { left: 1rem; top: 0.5rem; background: var(--ground); padding: 0.5rem; }
header { border-bottom: 1px solid var(--line); padding: 0.75rem 0; }
nav a { margin-right: 1.5rem; display: inline-block; min-height: 1.5rem; }
h1 { font-size: 1.5rem; margin: 1rem 0 0.5rem; }
h2 { font-size: 1.15rem; margin: 1.75rem 0 0.5rem; }
footer { color: var(--dim); border-top: 1px solid var(--line); margin-top: 2rem; }
.scroll { overflow-x: auto; max-width: 100%; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--dim); padding-bottom: 0.25rem; }
th, td { text-align: left; vertical-align: top; padding: 0.3rem 1.25rem 0.3rem 0; border-bottom: 1px solid var(--line); overflow-wrap: normal; }
thead th { color: var(--dim); font-weight: 600; }
tbody th { font-weight: 600; }
time { white-space: nowrap; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.15rem 1rem; margin: 0.5rem 0; }
dt { color: var(--dim); }
dd { margin: 0; }
figure { margin: 0.5rem 0; }
figcaption { color: var(--dim); }
.good { color: var(--good); }
.warn { color: var(--warn); font-weight: 600; }
.bad { color: var(--bad); font-weight: 600; }
.dim { color: var(--dim); }
svg { display: block; width: 100%; min-width: 44rem; height: auto; }
svg text { fill: var(--text); font: 12px system-ui, sans-serif; }
svg text.dim { fill: var(--dim); }
svg .line { stroke: var(--line); stroke-width: 1; fill: none; }
svg .cut { stroke: var(--dim); stroke-width: 1; stroke-dasharray: 2 4; fill: none; }
svg .bar { fill: var(--bar); }
svg .wait { fill: none; stroke: var(--bar); stroke-width: 1.5; stroke-dasharray: 4 3; }
svg .quiet { fill: var(--quiet); }
svg .fault { fill: var(--bad); }
svg .cross { fill: none; stroke: var(--bad); stroke-width: 3; }
svg .doubt { fill: none; stroke: var(--warn); stroke-width: 1.5; }
svg .dot { fill: var(--bar); }
svg .dot.fault { fill: var(--bad); }
svg .mark { fill: var(--text); }
.jobs td, .jobs th { white-space: nowrap; padding-right: 1rem; }
.banner { border-left: 4px solid var(--warn); padding: 0.25rem 0.75rem; margin: 0.75rem 0; }
@media (max-width: 40rem) {
  thead { position: absolute; left: -100vw; }
  table, tbody, tr, th, td { display: block; }
  tr { border-bottom: 1px solid var(--line); padding: 0.4rem 0; }
  tbody th, td { border: 0; padding: 0.1rem 0; white-space: normal; }
  td::before { content: attr(data-label) ": "; color: var(--dim); }
  dl { grid-template-columns: 1fr; }
}
)";
}

}  // namespace nowd
