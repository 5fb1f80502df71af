"""What a rule is, for people: the same words on a terminal, in the reference and in SARIF."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ..judging.rule import Rule

_TONGUES = {"py": "python", "toml": "toml", "yaml": "yaml", "yml": "yaml", "sh": "shell"}
_MENDS = {"safe": "`dmb audit --fix`", "unsafe": "`dmb audit --fix --unsafe`"}


def explain(rule: type[Rule]) -> str:
    """One rule in Markdown, from its title to its remedy."""
    return "\n".join(
        [
            f"## {rule.code}: {rule.title}",
            "",
            facts(rule),
            "",
            f"**What it fires on.** {rule.what}",
            "",
            f"**Why that is bad.** {rule.why}",
            "",
            "**Example**",
            "",
            *_files(rule.bad[0]),
            "**Use instead**",
            "",
            *_files({name: text for name, text in rule.good[0].items() if rule.bad[0].get(name) != text}),
            f"**What to do.** {_sentence(rule.remedy)}",
        ]
    )


def facts(rule: type[Rule]) -> str:
    """Severity, tier and the rest in one line."""
    parts = [rule.severity, f"tier {rule.tier}"]
    if rule.confidence != "high":
        parts.append(f"{rule.confidence} confidence")
    if rule.preview:
        parts.append("preview: asked with `--preview` only")
    if rule.advises:
        parts.append("a recommendation: asked for `--format checklist`, or with `--select`")
    if rule.made:
        parts.append("only in modules that the template made")
    if rule.mends:
        parts.append(f"mended by {_MENDS[rule.mends]}")
    return " · ".join(parts)


def _files(files: Mapping[str, str]) -> Iterator[str]:
    for name, text in files.items():
        if not text.strip():
            continue
        yield f"`{name}`"
        yield ""
        fence = "````" if "```" in text else "```"
        yield f"{fence}{_TONGUES.get(name.rpartition('.')[2], 'text')}"
        yield text.replace("{root}", "").rstrip("\n")
        yield fence
        yield ""


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."
