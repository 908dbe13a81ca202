// A comment as GitHub shows it: its Markdown as a page, with the frame of a conversation around it.
//
//   node page.mjs CACHE COMMENT.md light|dark
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [cache, comment, theme] = [resolve(process.argv[2]), process.argv[3], process.argv[4]];
const library = (path) => join(cache, "node_modules", path);
const { marked } = await import(pathToFileURL(library("marked/lib/marked.esm.js")));
const css = readFileSync(library(`github-markdown-css/github-markdown-${theme}.css`), "utf8");
const mermaid = pathToFileURL(library("mermaid/dist/mermaid.min.js"));
const text = readFileSync(comment, "utf8").replace("<details>", "<details open>");
const body = marked.parse(text, { gfm: true, breaks: true });
const [page, head, line, faint, strong] =
  theme === "dark"
    ? ["#0d1117", "#151b23", "#3d444d", "#9198a1", "#f0f6fc"]
    : ["#ffffff", "#f6f8fa", "#d1d9e0", "#59636e", "#1f2328"];

process.stdout.write(`<!doctype html><meta charset="utf-8"><style>${css}
body { margin: 24px; background: ${page}; font-family: -apple-system, "Segoe UI", "Noto Sans", Helvetica, Arial, sans-serif; }
.frame { border: 1px solid ${line}; border-radius: 6px; }
.head { background: ${head}; border-bottom: 1px solid ${line}; padding: 8px 16px; font-size: 14px; color: ${faint}; border-radius: 6px 6px 0 0; }
.head b { color: ${strong} } .bot { border: 1px solid ${line}; border-radius: 2em; padding: 0 6px; font-size: 12px; }
.markdown-body { padding: 16px; font-size: 14px; }
</style><div class="frame"><div class="head"><b>github-actions</b> <span class="bot">bot</span> commented</div>
<article class="markdown-body">${body}</article></div>
<script src="${mermaid}"></script><script>
for (const code of document.querySelectorAll("code.language-mermaid")) {
  const chart = document.createElement("pre");
  chart.className = "mermaid";
  chart.style.background = "none";
  chart.textContent = code.textContent;
  code.parentElement.replaceWith(chart);
}
mermaid.initialize({ startOnLoad: false, theme: "${theme === "dark" ? "dark" : "default"}" });
await_mermaid();
async function await_mermaid() { await mermaid.run(); }
</script>`);
