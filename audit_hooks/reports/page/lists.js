// ---- Rules ----

function drawRules() {
  const found = new Map();
  for (const row of rows) {
    for (const finding of row.findings) {
      const entry = found.get(finding.rule) ?? { counts: { error: 0, warning: 0, info: 0 }, modules: new Set() };
      entry.counts[finding.severity] += 1;
      entry.modules.add(row.module);
      found.set(finding.rule, entry);
    }
  }
  const entries = [...found].sort(([one, a], [other, b]) => b.modules.size - a.modules.size || one.localeCompare(other));
  if (!entries.length) {
    $("rules").replaceChildren(make("p", { className: "empty" }, "No findings."));
    return;
  }
  const column = (title) => make("th", { scope: "col" }, title);
  const number = (title) => make("th", { scope: "col", className: "number" }, title);
  const titles = [column("Rule"), column("Worst"), column("What"), number("Modules"), number("Findings")];
  const head = make("tr", {}, ...titles, column("Mends itself"));
  const caption = make("caption", {}, "The rules that found something, those of the most modules first.");
  const body = make("tbody", {}, ...entries.map(([code, entry]) => ruleLine(code, entry)));
  $("rules").replaceChildren(make("table", { className: "list" }, caption, make("thead", {}, head), body));
}

function ruleLine(code, entry) {
  const rule = report.rules[code];
  const button = make("button", { type: "button", className: "link", title: "Show the modules with it" }, code);
  button.addEventListener("click", () => {
    $("filter").reset();
    $("words").value = code;
    refresh();
    choose("modules");
    $("words").focus();
  });
  const total = SEVERITIES.reduce((sum, severity) => sum + entry.counts[severity], 0);
  const fix = { safe: "--fix", unsafe: "--fix --unsafe" }[rule?.fix] ?? "";
  return make(
    "tr",
    {},
    make("th", { scope: "row" }, button),
    make("td", {}, tag(worst(entry.counts))),
    make("td", { className: "text" }, rule?.title ?? ""),
    make("td", { className: "number" }, String(entry.modules.size)),
    make("td", { className: "number" }, String(total)),
    make("td", {}, make("code", {}, fix)),
  );
}

const tag = (severity) => make("span", { className: `tag ${severity}` }, severity);

// ---- Ports ----

let onlyClashes = false;

function drawPorts() {
  const held = new Map(); // port → [{module, kind}]
  for (const module of report.modules) {
    for (const [kind, port] of module.ports) held.set(port, [...(held.get(port) ?? []), { module, kind }]);
  }
  if (!held.size) {
    $("ports").replaceChildren(make("p", { className: "empty" }, "No module here says which ports it prefers."));
    return;
  }
  const clashes = [...held.values()].filter((holders) => holders.length > 1).length;
  const seen = new Set(rows.map((row) => row.module));
  const body = make("tbody");
  for (const [port, holders] of [...held].sort(([one], [other]) => one - other)) {
    if (holders.length < 2 && onlyClashes) continue;
    if (holders.some(({ module }) => seen.has(module))) body.append(...portLines(port, holders));
  }
  const box = make("input", { type: "checkbox", checked: onlyClashes, id: "clashes" });
  box.addEventListener("change", () => {
    onlyClashes = box.checked;
    drawPorts();
    $("clashes").focus();
  });
  const head = make("tr", {}, ...["Port", "Module", "For", "Clash"].map((title) => make("th", { scope: "col" }, title)));
  const words = `Which module prefers which port: ${plural(held.size, "port")}, `
    + `${clashes ? `${clashes} clash${clashes === 1 ? "" : "es"}` : "no clash"}. `
    + "When a module is put into a workspace, a port that is taken gives way to the next that is free.";
  const table = make("table", { className: "list" }, make("caption", {}, words), make("thead", {}, head), body);
  $("ports").replaceChildren(make("label", { className: "inline" }, box, "Clashes only"), table);
}

/** The rows of a port, one a module that prefers it. */
function portLines(port, holders) {
  const clash = holders.length > 1;
  const mark = clash ? make("span", { className: "tag warning" }, `▲ clash: ${holders.length} prefer it`) : undefined;
  return holders.map(({ module, kind }, index) => {
    const button = make("button", { type: "button", className: "link" }, make("bdi", {}, module.name));
    button.addEventListener("click", () => openModule(module));
    const first = index === 0;
    return make(
      "tr",
      { className: clash ? "clash" : "" },
      first ? make("th", { scope: "rowgroup", rowSpan: holders.length }, String(port)) : undefined,
      make("td", {}, button),
      make("td", { className: "text" }, kind),
      first ? make("td", { rowSpan: holders.length }, mark) : undefined,
    );
  });
}
