"""What can be wrong with a running workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

# The problems that only a running workspace shows: id -> (severity, title). Listed in docs/reference/findings.md.
PROBLEMS: Mapping[str, tuple[str, str]] = {
    "WSP051": ("error", "A code location does not load"),
    "WSP052": ("error", "A code location of workspace.yaml is not served"),
    "WSP053": ("warning", "A code location is served that workspace.yaml does not have"),
    "WSP054": ("error", "Two code locations define one asset"),
    "WSP055": ("warning", "A code location has newer libraries of Dagster than the webserver"),
    "WSP056": ("error", "A code server does not answer"),
    "WSP057": ("error", "A code server serves another module"),
    "WSP058": ("error", "Two code servers share one port"),
    "WSP059": ("error", "Runs that no process executes"),
    "WSP060": ("error", "Runs wait, and no daemon takes them up"),
}


class Problem(NamedTuple):
    """What is wrong: a key of PROBLEMS, the object, what, and what to do. `line` is that of its item, 0 for none."""

    rule: str
    subject: str
    message: str
    remedy: str
    line: int = 0

    @property
    def severity(self) -> str:
        """As in a finding."""
        return PROBLEMS[self.rule][0]
