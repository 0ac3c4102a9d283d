"""How the report looks, on paper-white and in the dark. Series colours keep 3:1 against either ground (WCAG 1.4.11)."""

STYLE = """
:root { color-scheme: light dark; --ground: #fff; --ink: #1b2330; --quiet: #566072; --line: #d8dee8; --tile: #f4f6fa;
  --s0: #1d5fbf; --s1: #b3541e; --s2: #6b4fa8; --sure: #0f6b4f }
@media (prefers-color-scheme: dark) { :root { --ground: #12161d; --ink: #e6eaf1; --quiet: #a3adbd; --line: #2f3744;
  --tile: #1b212b; --s0: #7fb0ff; --s1: #f0a36f; --s2: #bba4f2; --sure: #63d3ac } }
* { box-sizing: border-box }
body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.55 system-ui, sans-serif }
main { max-width: 66rem; margin: 0 auto; padding: 1.5rem 1rem 3rem }
header p:first-child { margin: 0; color: var(--quiet) }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .5rem; overflow-wrap: anywhere }
h2 { font-size: 1.2rem; margin: 0 0 .5rem }
section { margin-top: 2.25rem; padding-top: 1.25rem; border-top: 1px solid var(--line) }
p { max-width: 46rem; margin: .5rem 0 } code, pre { font: .875rem/1.5 ui-monospace, monospace }
pre { background: var(--tile); padding: .75rem 1rem; border-radius: 8px; margin: .75rem 0; white-space: pre-wrap;
  overflow-wrap: anywhere }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(6.4rem, 1fr)); gap: .6rem; margin: 1.25rem 0 }
.tiles div { background: var(--tile); border-radius: 8px; padding: .6rem .8rem }
.tiles dt { color: var(--quiet); font-size: .8125rem } .tiles dd { margin: 0; font-size: 1.3rem; font-weight: 600 }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 18.5rem), 1fr)); gap: 1.5rem }
figure { margin: .5rem 0 0; min-width: 0 } figcaption { font-weight: 600 }
figure > svg { display: block; width: 100%; height: auto; max-width: 34rem }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: .1rem 1rem; margin: .15rem 0 .3rem; padding: 0;
  font-size: .8125rem; color: var(--quiet) }
.legend svg { width: 24px; height: 12px; margin-right: .35rem; vertical-align: middle }
svg text { font: 13px system-ui, sans-serif; fill: var(--quiet) }
.grid { stroke: var(--line) } .s0 { color: var(--s0) } .s1 { color: var(--s1) } .s2 { color: var(--s2) }
[class^=s] path { fill: none; stroke: currentColor; stroke-width: 2; stroke-linejoin: round }
[class^=s] circle, [class^=s] rect, [class^=s] g path, .legend path + path { fill: currentColor; stroke: none }
.wide { overflow-x: auto; max-width: 100% } .wide:focus-visible { outline: 2px solid var(--s0); outline-offset: 2px }
table { border-collapse: collapse; font-size: .875rem; margin: .5rem 0; font-variant-numeric: tabular-nums }
th, td { padding: .3rem .65rem; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap }
th { font-weight: 500 } thead th { color: var(--quiet) } th:first-child { text-align: left }
.scope th { font-weight: 600; padding-top: .9rem } .compared td:last-child { text-align: left }
.certain { color: var(--sure); font-weight: 600 }
.interval { width: 120px; height: 18px; display: block } .interval path { stroke: currentColor; stroke-width: 1.5 }
.interval .zero { stroke: var(--quiet); stroke-dasharray: 2 2; stroke-width: 1 } .interval circle { fill: currentColor }
details { margin-top: 1rem } summary { cursor: pointer; font-weight: 600; padding: .35rem 0 }
.assumed { display: grid; grid-template-columns: minmax(7rem, 12rem) 1fr; gap: .3rem 1rem; margin: .5rem 0 }
.assumed dt { grid-column: 1; color: var(--quiet) } .assumed dd { grid-column: 2; margin: 0; overflow-wrap: anywhere }
@media (max-width: 34rem) { .assumed { display: block } .assumed dt { font-weight: 600; margin-top: .6rem } }
@media print { details > * { display: block } }
"""
