"use strict";

// What the report holds; see html.py. Everything in it is text and enters the page by textContent alone.
const report = JSON.parse(document.getElementById("data").textContent);
const SEVERITIES = ["error", "warning", "info"];
const SIGNS = { error: "✕", warning: "▲", info: "i" };
const SUMS = { error: "Errors", warning: "Warnings", info: "Infos" };
const PAGE = 200; // findings of a module that are shown before one asks for more
const $ = (id) => document.getElementById(id);
const titles = new Map(report.areas);

/** An element with properties, data or ARIA attributes, and children (elements or texts). */
function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined) continue;
    if (name in element) element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== undefined));
  return element;
}

const plural = (number, noun) => `${number} ${noun}${number === 1 ? "" : "s"}`;
const counted = (counts) =>
  SEVERITIES.filter((severity) => counts[severity]).map((severity) => plural(counts[severity], severity)).join(", ") || "no findings";
const count = (findings) => {
  const counts = { error: 0, warning: 0, info: 0 };
  for (const finding of findings) counts[finding.severity] += 1;
  return counts;
};
const worst = (counts) => SEVERITIES.find((severity) => counts[severity]) ?? "";

// ---- What is shown ----

for (const module of report.modules) {
  module.words = [module.name, module.folder, module.kind, module.owner, module.tier, module.database].join("\n").toLowerCase();
  module.counts = count(module.findings);
  for (const finding of module.findings) {
    const rule = report.rules[finding.rule]?.title ?? "";
    finding.words = [finding.rule, rule, finding.path, finding.subject, finding.message].join("\n").toLowerCase();
  }
}

const filter = { words: [], severity: "", area: "" };
const filtering = () => filter.words.length > 0 || filter.severity !== "" || filter.area !== "";

/** The findings of a module that pass the filter. */
function passing(module) {
  if (filter.severity === "clean") return [];
  const words = filter.words.filter((word) => !module.words.includes(word));
  return module.findings.filter(
    (finding) =>
      (!filter.severity || finding.severity === filter.severity) &&
      (!filter.area || finding.area === filter.area) &&
      words.every((word) => finding.words.includes(word)),
  );
}

/** Whether a module is shown, with these findings. */
function shown(module, findings) {
  if (filter.severity === "clean") {
    return module.findings.length === 0 && filter.words.every((word) => module.words.includes(word));
  }
  if (filter.severity || filter.area) return findings.length > 0;
  return findings.length > 0 || filter.words.every((word) => module.words.includes(word));
}
