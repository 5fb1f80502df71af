"""WSP013: a file that cannot be understood."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...judging.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dmb.formats.yaml_nodes import Node

    from ...judging.findings import Diagnosis
    from ...judging.subject import Subject


class BrokenFile(Rule):
    """What is read can be parsed: YAML, TOML, `.env`, the registry, markers, and no key stands twice."""

    code = "WSP013"
    title = "A file that cannot be understood"
    what = (
        "Broken YAML, TOML or `.env`, a key that stands twice in one mapping, a `# BEGIN:` without its `# END:`, a "
        "file that is not UTF-8 or cannot be read. What else the file says is then not judged."
    )
    why = "Dagster or Compose refuse it, or take the later of two keys in silence; dmb changes nothing in such a file."
    remedy = "mend the line"
    after = ("WSP006",)  # which notes the ports that cannot be read
    bad = (
        {"workspace.yaml": "load_from: [\n"},
        {"workspace.yaml": "load_from: []\nload_from: []\n"},
        {"workspace.yaml": "load_from:\n# BEGIN: bar\n"},
        {"workspace.yaml": "load_from: []\n", ".env": "A='x\n"},
    )
    good = (
        {"workspace.yaml": "load_from: []\n", ".env": "A='x'\n"},
        {"workspace.yaml": "load_from:\n# BEGIN: bar\n- python_module: bar\n# END: bar\n"},
    )

    def check(self, subject: Subject) -> Iterator[Diagnosis]:
        """All that is broken, whichever rules read it before, or none."""
        names = subject.read_all()
        for name in subject.yaml_files:
            for key in _doubled(subject.files.yaml(name)):
                yield self.diagnosis(
                    subject.at(name, key),
                    key.text,
                    f"the key `{key.text}` stands twice in one mapping",
                    "keep one of them",
                )
        for broken in subject.files.broken:
            if broken.spot.path in names:
                yield self.diagnosis(broken.spot, broken.spot.path, broken.cause, broken.remedy)


def _doubled(root: Node) -> Iterator[Node]:
    for node in root.walk():
        seen = set[str]()
        for key, _ in node.pairs:
            if key.kind == "scalar" and key.text in seen and key.text != "<<":
                yield key
            seen.add(key.text)
