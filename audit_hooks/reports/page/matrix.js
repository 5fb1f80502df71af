// ---- Modules × areas ----

const order = { key: "worst", descending: true };
let rows = []; // [{module, findings, counts, areas: Map(area → counts)}] as shown

function select() {
  rows = [];
  for (const module of report.modules) {
    const findings = passing(module);
    if (!shown(module, findings)) continue;
    const areas = new Map();
    for (const finding of findings) {
      const counts = areas.get(finding.area) ?? { error: 0, warning: 0, info: 0 };
      counts[finding.severity] += 1;
      areas.set(finding.area, counts);
    }
    rows.push({ module, findings, counts: count(findings), areas });
  }
  const weight = (counts) => (counts ? counts.error * 1e8 + counts.warning * 1e4 + counts.info : 0);
  const key = {
    worst: (row) => weight(row.counts),
    error: (row) => row.counts.error,
    warning: (row) => row.counts.warning,
    info: (row) => row.counts.info,
  }[order.key] ?? ((row) => weight(row.areas.get(order.key)));
  const names = new Intl.Collator("en", { numeric: true });
  rows.sort((one, other) => (order.key === "name" ? 0 : key(one) - key(other)) * (order.descending ? -1 : 1)
    || names.compare(one.module.name, other.module.name) * (order.key === "name" && order.descending ? -1 : 1));
}

function heading(key, content, properties) {
  const sorted = order.key === key ? (order.descending ? "descending" : "ascending") : undefined;
  const button = make("button", { type: "button" }, ...content);
  button.addEventListener("click", () => {
    order.descending = order.key === key ? !order.descending : key !== "name";
    order.key = key;
    drawModules();
    document.querySelector(`#modules [data-key="${key}"] button`).focus();
  });
  return make("th", { scope: "col", role: "columnheader", "aria-sort": sorted, "data-key": key, ...properties }, button);
}

function headings() {
  const either = (title, short) => [
    make("span", { className: "full" }, title),
    make("abbr", { className: "short", title }, short),
  ];
  return make(
    "tr",
    { role: "row" },
    heading("name", ["Module"]),
    ...SEVERITIES.map((severity) => heading(severity, either(SUMS[severity], SIGNS[severity]))),
    ...report.areas.map(([area, title]) => heading(area, either(title, area), { title })),
  );
}

/** A module's row: its name, how many findings of each severity, and a cell an area. */
function line(row, index) {
  const { module } = row;
  const facts = [module.kind === "module" ? "" : module.kind, module.tier].filter(Boolean).join(", ");
  const name = make(
    "button",
    { type: "button", className: "open", tabIndex: -1, title: module.folder || module.name },
    make("bdi", {}, module.name),
    make("small", {}, facts),
  );
  const sums = SEVERITIES.map((severity) => {
    const number = row.counts[severity];
    return make("td", { role: "cell", className: number ? severity : "none" }, String(number || "·"));
  });
  const areas = report.areas.map(([area, title]) => {
    const counts = row.areas.get(area);
    return make("td", { role: "cell" }, counts ? found(module, area, title, counts) : empty(module, area, title));
  });
  const header = make("th", { scope: "row", role: "rowheader" }, name);
  return make("tr", { role: "row", "data-index": index }, header, ...sums, ...areas);
}

function found(module, area, title, counts) {
  const severity = worst(counts);
  const told = { title: `${title}: ${counted(counts)}`, ariaLabel: `${module.name}, ${title}: ${counted(counts)}` };
  const rest = { type: "button", className: `cell ${severity}`, tabIndex: -1, "data-area": area };
  return make("button", { ...told, ...rest }, String(counts[severity]));
}

function empty(module, area, title) {
  const asked = module.areas.includes(area);
  const passed = asked && (!filtering() || filter.severity === "clean");
  const told = { role: "img", ariaLabel: `${title}: ${asked ? "no findings" : "not asked"}` };
  return make("span", { ...told, className: passed ? "pass" : "none" }, passed ? "✓" : asked ? "·" : "–");
}

function drawModules() {
  select();
  const body = make("tbody", { role: "rowgroup" }, ...rows.map(line));
  const total = rows.reduce((sum, row) => sum + row.findings.length, 0);
  $("shown").textContent = `${rows.length} of ${report.modules.length} shown, ${plural(total, "finding")}`;
  const head = make("thead", { role: "rowgroup" }, headings());
  const table = make("table", { className: "matrix", role: "table" }, head, body);
  table.style.setProperty("--areas", report.areas.length);
  const nothing = report.modules.length ? "Nothing passes the filter." : "Nothing was audited.";
  $("modules").replaceChildren(rows.length ? table : make("p", { className: "empty" }, nothing));
  const first = body.querySelector(".open");
  if (first) first.tabIndex = 0;
  if (report.modules.length === 1 && rows.length === 1) $("modules").append(single(rows[0]));
}

/** What a report on one module shows below the table. */
function single({ module, findings }) {
  const left = findings.length - PAGE;
  const note = left > 0 ? make("p", {}, `${left} more: open the module above.`) : undefined;
  return make("div", { className: "single" }, ...cards(module, findings.slice(0, PAGE)), note);
}

/** Move the one tab stop of the table; each row's cells with findings and its name can have it. */
function settle(button) {
  const old = $("modules").querySelector('tbody [tabindex="0"]');
  if (old) old.tabIndex = -1;
  button.tabIndex = 0;
  button.focus();
}

$("modules").addEventListener("keydown", (event) => {
  const button = event.target.closest("tbody button");
  if (!button || event.altKey || event.ctrlKey || event.metaKey) return;
  const line = button.closest("tr");
  const lines = line.parentElement.rows;
  const at = line.sectionRowIndex;
  const buttons = [...line.querySelectorAll("button")];
  const column = button.closest("th, td").cellIndex;
  const below = (to) => {
    const cells = lines[Math.max(0, Math.min(lines.length - 1, to))].cells;
    return cells[column].querySelector("button") ?? cells[0].querySelector("button");
  };
  const target = {
    ArrowDown: () => below(at + 1),
    ArrowUp: () => below(at - 1),
    PageDown: () => below(at + 15),
    PageUp: () => below(at - 15),
    Home: () => below(0),
    End: () => below(lines.length - 1),
    ArrowRight: () => buttons[Math.min(buttons.length - 1, buttons.indexOf(button) + 1)],
    ArrowLeft: () => buttons[Math.max(0, buttons.indexOf(button) - 1)],
  }[event.key];
  if (!target) return;
  event.preventDefault();
  settle(target());
});

$("modules").addEventListener("click", (event) => {
  const button = event.target.closest("tbody button");
  if (!button) return;
  settle(button);
  show(Number(button.closest("tr").dataset.index), button.dataset.area ?? "");
});
