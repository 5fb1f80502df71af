// ---- The frame ----

const views = { modules: () => {}, rules: drawRules, ports: drawPorts };
let view = "modules";

function refresh() {
  filter.words = $("words").value.toLowerCase().split(/\s+/).filter(Boolean);
  filter.severity = $("severity").value;
  filter.area = $("area").value;
  drawModules();
  views[view]();
}

function choose(name) {
  view = name;
  for (const other of Object.keys(views)) {
    const chosen = other === name;
    $(other).hidden = !chosen;
    $(`tab-${other}`).setAttribute("aria-selected", String(chosen));
    $(`tab-${other}`).tabIndex = chosen ? 0 : -1;
  }
  views[name]();
}

for (const name of Object.keys(views)) $(`tab-${name}`).addEventListener("click", () => choose(name));
document.querySelector(".tabs").addEventListener("keydown", (event) => {
  const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!by) return;
  const names = Object.keys(views);
  choose(names[(names.indexOf(view) + by + names.length) % names.length]);
  $(`tab-${view}`).focus();
});

$("filter").addEventListener("input", refresh);
$("filter").addEventListener("submit", (event) => event.preventDefault());
$("filter").addEventListener("reset", () => setTimeout(refresh));
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && !dialog.open && !event.target.closest("input, select")) {
    event.preventDefault();
    $("words").focus();
  }
  if (event.key === "Escape" && event.target === $("words")) {
    $("words").value = "";
    refresh();
  }
});

const themes = ["system", "light", "dark"];
function paint(theme) {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  $("theme").textContent = `Theme: ${theme}`;
  try {
    localStorage.setItem("dmb-theme", theme);
  } catch {
    // A page from a file may have no storage: then the choice lasts as long as the page.
  }
}
let theme = "system";
try {
  theme = themes.find((name) => name === localStorage.getItem("dmb-theme")) ?? "system";
} catch {
  // As above.
}
$("theme").addEventListener("click", () => {
  theme = themes[(themes.indexOf(theme) + 1) % themes.length];
  paint(theme);
});
paint(theme);

/** The totals, and what share of the modules has what as its worst. */
function drawTotals() {
  const all = { error: 0, warning: 0, info: 0 };
  const shares = { error: 0, warning: 0, info: 0, clean: 0 };
  for (const module of report.modules) {
    for (const severity of SEVERITIES) all[severity] += module.counts[severity];
    shares[worst(module.counts) || "clean"] += 1;
  }
  const silenced = report.modules.reduce((sum, module) => sum + module.silenced, 0);
  const words = [report.told, ...SEVERITIES.map((severity) => plural(all[severity], severity))].join(" · ");
  $("total").append(...words.split(/(\d+)/).map((part) => (/\d/.test(part) ? make("b", {}, part) : part)));
  if (silenced) $("total").append(` · ${silenced} silenced`);
  const told = { error: "with errors", warning: "with warnings", info: "with infos", clean: "clean" };
  const some = Object.entries(shares).filter(([, modules]) => modules);
  for (const [name, modules] of some) {
    const title = `${modules} ${told[name]}${name === "clean" ? "" : " at worst"}`;
    const part = make("span", { className: name, title }, `${modules} ${told[name]}`);
    part.style.flexGrow = String(modules);
    $("share").append(part);
  }
  const parts = some.map(([name, modules]) => `${modules} ${told[name]}`);
  $("share").setAttribute("aria-label", `By the worst finding: ${parts.join(", ") || "none"}`);
}

drawTotals();
for (const [area, title] of report.areas) $("area").append(make("option", { value: area }, title));
$("made").textContent = `dmb ${report.version}, ${report.made}`;
document.title = `Audit of ${report.modules.length === 1 ? report.modules[0].name : report.told}`;
drawModules();
