/** The page's style: light, dark where the reader prefers it, and light again on paper. */
import { categories } from "../../estimate/step/categories.ts";

const light = `--paper:#fff;--card:#f5f6f8;--ink:#1b1f24;--soft:#57606a;--rule:#d5d9df;--accent:#3b5bbd;--warn:#a3330a;
--parameters:#3b5bbd;--optimizer:#7f9be3;--gradients:#2f8f5b;--gathered:#c58a00;--unreduced:#8a5cc4;--activations:#d1495b;--experts:#e07b39;--head:#0f8b8d;--work:#7a7f87;
--g0:#cfdcff;--g1:#ffd9bd;--g2:#c9ecd6;--g3:#ead5fb;--g4:#fbe7a9;--g5:#c4e8ec;
--load0:#2c5aa0;--load1:#6f9bd1;--load2:#b4cde6;--load3:#eceff1;--load4:#f7cfa4;--load5:#ee9b4f;--load6:#d4601a;--load7:#8c2d04`;

const dark = `--paper:#14171b;--card:#1e2329;--ink:#e8eaed;--soft:#a3abb5;--rule:#39414a;--accent:#8fa8ff;--warn:#ffb08a;
--parameters:#6f8cf0;--optimizer:#a9bcf5;--gradients:#57b883;--gathered:#dba93a;--unreduced:#b493e6;--activations:#ee7c8b;--experts:#f0a063;--head:#45b8ba;--work:#a4a9b0;
--g0:#2d4075;--g1:#6b4122;--g2:#23543a;--g3:#53366e;--g4:#5d4c12;--g5:#1f535a;
--load0:#7fb2ff;--load1:#5583c4;--load2:#365680;--load3:#2c3138;--load4:#6b4a28;--load5:#a86826;--load6:#de8432;--load7:#ffc48a`;

const numbered = (names: readonly string[], of: (name: string) => string) => names.map(of).join("");
const upTo = (count: number) => Array.from({ length: count }, (_, index) => String(index));

export const style = `:root{color-scheme:light dark;${light}}
@media screen and (prefers-color-scheme:dark){:root{${dark}}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:1080px;padding:24px 20px 48px;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;print-color-adjust:exact;-webkit-print-color-adjust:exact}
h1{margin:0;font-size:1.7rem;line-height:1.25;overflow-wrap:anywhere}
h2{margin:40px 0 10px;padding-top:12px;border-top:1px solid var(--rule);font-size:1.15rem}
p{margin:6px 0;max-width:72ch;overflow-wrap:anywhere}
.seen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.note,.lead,caption,figcaption,summary{color:var(--soft)}
.lead{font-size:1.02rem;max-width:none}
.warn{color:var(--warn)}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:10px;margin:18px 0 0;padding:0;list-style:none}
.cards li{background:var(--card);border-radius:8px;padding:10px 12px}
.cards b{display:block;font-size:1.35rem;line-height:1.3;font-variant-numeric:tabular-nums}
.cards span{display:block;color:var(--soft);font-size:.85rem;line-height:1.35}
.missing{margin:18px 0 0;padding:10px 12px 10px 30px;background:var(--card);border-left:3px solid var(--warn);border-radius:4px}
.scroll{overflow-x:auto;margin:10px 0}
table{border-collapse:collapse;font-size:.87rem;font-variant-numeric:tabular-nums}
caption{text-align:left;padding-bottom:4px}
th,td{padding:4px 14px 4px 0;text-align:left;vertical-align:top;border-bottom:1px solid var(--rule)}
thead th{color:var(--soft);font-weight:600;vertical-align:bottom}
tbody th{font-weight:400}
.n{text-align:right}
td.n{white-space:nowrap}
tbody th{min-width:8.5em}
details{margin:8px 0}
summary{cursor:pointer}
.plot{display:flex;margin:8px 0 0}
.plot .side{flex:none;overflow:visible}
.plot .main{flex:1;min-width:0;overflow:visible}
.chart{margin:0;min-width:0}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(300px,1fr));gap:22px 28px}
svg text{font-size:12px;fill:var(--soft)}
svg .strong{fill:var(--ink);font-weight:600}
.halo{paint-order:stroke;stroke:var(--paper);stroke-width:4px;stroke-linejoin:round}
.grid,.edge,.limit,.room,.bound,.line,.dot{fill:none;vector-effect:non-scaling-stroke}
.grid{stroke:var(--rule);stroke-width:1px}
.edge{stroke:var(--soft);stroke-width:1px;stroke-dasharray:2 3}
.limit{stroke:var(--ink);stroke-width:1.5px;stroke-dasharray:6 4}
.room{stroke:var(--warn);stroke-width:1.5px}
.bound{stroke:var(--paper);stroke-width:1.5px}
.peak{fill:var(--paper);stroke:var(--ink);stroke-width:2px}
.line{stroke-width:1.75px;stroke-linejoin:round}
.dot{stroke-width:5px;stroke-linecap:round}
.line0{stroke:var(--accent)}
.line1{stroke:var(--warn);stroke-dasharray:5 3}
.dot.line1{stroke-dasharray:none;stroke-width:7px}
${numbered(categories, (name) => `.${name}{fill:var(--${name})}`)}
${numbered(upTo(6), (index) => `.g${index}{fill:var(--g${index})}`)}
${numbered(upTo(8), (index) => `.load${index}{stroke:var(--load${index})}`)}
.load{fill:none;shape-rendering:crispEdges}
.mesh text{fill:var(--ink)}
.rank{fill:var(--card);stroke:var(--rule)}
.mesh .edge{stroke-width:1.5px}
.legend,.bars{list-style:none;margin:8px 0 0;padding:0;font-size:.87rem}
.legend{display:flex;flex-wrap:wrap;gap:4px 18px;padding-left:58px}
.legend data{color:var(--soft)}
.swatch{vertical-align:-1px}
.bars{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(440px,100%),1fr));gap:10px 28px}
.bars .n{float:right;margin-left:14px}
.track{fill:var(--card)}
.bar{fill:var(--accent)}
footer{margin-top:40px;padding-top:10px;border-top:1px solid var(--rule);color:var(--soft);font-size:.85rem}
@media (max-width:520px){body{padding:16px 12px 32px}.legend{padding-left:0}.wide{display:none}.cards{grid-template-columns:repeat(2,1fr)}h2{margin-top:28px}.mesh text{font-size:10px}}
@media print{body{max-width:none;padding:0;font-size:11px}figure,.plot,.cards,table{break-inside:avoid}h2{break-after:avoid}.scroll{overflow:visible}details::details-content{content-visibility:visible;block-size:auto}}
`;
