// ---- One module ----

const dialog = $("module");
let current = { index: -1, module: null, area: "", all: false, room: PAGE };

function show(index, area = "") {
  current = { index, module: rows[index].module, area, all: false, room: PAGE };
  drawModule();
  if (!dialog.open) dialog.showModal();
  dialog.scrollTop = 0;
  $("name").focus();
}

function openModule(module) {
  const index = rows.findIndex((row) => row.module === module);
  current = { index, module, area: "", all: index < 0, room: PAGE };
  drawModule();
  dialog.showModal();
  dialog.scrollTop = 0;
  $("name").focus();
}

function drawModule() {
  const { module, area, all, room } = current;
  const some = (all ? module.findings : passing(module)).filter((finding) => !area || finding.area === area);
  $("name").replaceChildren(make("bdi", {}, module.name));
  $("previous").disabled = current.index <= 0;
  $("next").disabled = current.index < 0 || current.index >= rows.length - 1;
  const facts = [
    ["Folder", module.folder || "the folder that was audited"],
    ["Kind", `${module.kind}${module.kind === "module" && !module.made ? ", not made by dmb" : ""}`],
    ["Owner", module.owner],
    ["Held to", module.tier],
    ["Database", module.database],
    ["Ports", module.ports.map(([kind, port]) => `${kind} ${port}`).join(", ")],
    ["Rules", `${module.passed} of ${module.asked} passed`],
    ["Silenced", module.silenced ? plural(module.silenced, "finding") : ""],
    ["Findings", counted(module.counts)],
  ];
  const told = facts.filter(([, value]) => value);
  const pairs = told.flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, make("bdi", {}, value))]);
  const parts = [make("dl", { className: "facts" }, ...pairs)];
  if (some.length < module.findings.length) {
    const more = make("button", { type: "button" }, `Show all ${module.findings.length}`);
    more.addEventListener("click", () => {
      Object.assign(current, { area: "", all: true });
      drawModule();
      $("name").focus();
    });
    parts.push(make("p", { className: "note" }, `${plural(some.length, "finding")}${area ? ` in ${titles.get(area)}` : " that pass the filter"}`, more));
  }
  parts.push(...cards(module, some.slice(0, room)));
  if (some.length > room) {
    const more = make("button", { type: "button" }, `Show ${Math.min(PAGE, some.length - room)} more of ${some.length}`);
    more.addEventListener("click", () => {
      current.room += PAGE;
      drawModule();
      $("detail").querySelectorAll(".finding")[room].focus();
    });
    parts.push(more);
  }
  $("detail").replaceChildren(...parts);
}

/** Findings under the titles of their areas. */
function cards(module, findings) {
  return report.areas.flatMap(([letters, title]) => {
    const found = findings.filter((finding) => finding.area === letters);
    return found.length ? [make("h3", {}, title), ...found.map((finding) => card(module, finding))] : [];
  });
}

function card(module, finding) {
  const rule = report.rules[finding.rule];
  const head = module.folder ? `${module.folder}/` : "";
  const path = finding.path.startsWith(head) ? finding.path.slice(head.length) : finding.path;
  const place = [path, ...[finding.line, finding.column].filter(Boolean)].join(":");
  const name = rule
    ? make("a", { href: rule.page, target: "_blank", rel: "noreferrer noopener", className: "rule" }, finding.rule)
    : make("span", { className: "rule" }, finding.rule);
  const parts = [
    make("p", { className: "top" }, tag(finding.severity), name, make("span", {}, rule?.title ?? "")),
    make("p", { className: "what", dir: "auto" }, finding.message),
    make("p", { className: "place", title: finding.path }, make("code", {}, make("bdi", {}, place))),
  ];
  if (finding.excerpt) parts.push(excerpt(finding));
  parts.push(make("p", { className: "remedy", dir: "auto" }, finding.remedy));
  if (finding.command) parts.push(make("p", { className: "remedy" }, "or by itself: ", make("code", {}, finding.command)));
  if (rule) parts.push(make("details", {}, make("summary", {}, "Why"), make("p", {}, rule.why)));
  return make("article", { className: `finding ${finding.severity}`, tabIndex: -1 }, ...parts);
}

function excerpt(finding) {
  const characters = Array.from(finding.excerpt);
  const line = make("span", { className: "line" }, String(finding.line));
  if (!finding.column) return make("pre", {}, line, finding.excerpt);
  const at = finding.caret;
  const mark = make("mark", {}, characters[at] ?? " ");
  return make("pre", {}, line, characters.slice(0, at).join(""), mark, characters.slice(at + 1).join(""));
}

$("previous").addEventListener("click", () => step(-1));
$("next").addEventListener("click", () => step(1));
$("close").addEventListener("click", () => dialog.close());
dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
dialog.addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  if (event.key === "j") step(1);
  if (event.key === "k") step(-1);
});
dialog.addEventListener("close", () => {
  const line = $("modules").querySelector(`tr[data-index="${current.index}"] .open`);
  if (line && !$("modules").hidden && !line.closest("tr").contains(document.activeElement)) settle(line);
});

function step(by) {
  const index = current.index + by;
  if (current.index >= 0 && rows[index]) show(index);
}
