"""What was said of one module, workspace or repository: the findings that count, and what was asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .findings import Finding

Kind = Literal["module", "workspace", "repository"]  # of a subject
KINDS: tuple[Kind, ...] = get_args(Kind)


class Verdict(NamedTuple):
    """One subject's result. Every `path` in it is relative to the folder that was audited, POSIX.

    `folder` is the subject's own ("" is the audited folder itself), `name` its code location's or its folder's,
    `kind` module | workspace | repository, `made` whether the template made it, `tier` the one that it was held to.
    `checked` are the codes of the rules that were asked. `silenced` counts findings that an ignore or the baseline took
    out. `owner`, `database` and `ports` (preferred, by name) are the manifest's, "" and {} where there is none.
    """

    folder: str
    name: str
    kind: Kind
    made: bool
    tier: str
    checked: tuple[str, ...]
    findings: tuple[Finding, ...]
    silenced: int = 0
    owner: str = ""
    database: str = ""
    ports: Mapping[str, int] = {}
