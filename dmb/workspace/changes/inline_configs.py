"""Move the text of a config within a Compose file (`configs`, `content`) to a file beside it, to be changed there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ...errors import DmbError
from ...formats import marked_blocks
from ...formats.yamlsplice import YamlFile, scalar

if TYPE_CHECKING:
    from pathlib import Path

    from ...formats.yaml_nodes import Node


def name_of(file: YamlFile, content: Node) -> str | None:
    """The key of the config whose text is `content`."""
    configs = file.root.get("configs").entries.items()
    return next((name for name, config in configs if config.get("content") is content), None)


def moved(file: YamlFile, name: str, target: Path, reference: str) -> str:
    """The Compose file with `file: reference` in place of the text of a config, which goes to `target`.

    Refuses (DmbError) text that Compose fills variables into, a `target` that is there, and what is not certain.
    """
    line = file.line(("configs", name, "content"))
    place = f"{file.place}:{line}"
    content = file.root.get("configs").get(name).get("content")
    remedy = f"move it to {target.name} by hand, and write `file: {reference}` here"
    if "$" in content.text:
        raise DmbError("the text of this config has variables of Compose in it", place=place, remedy=remedy)
    if target.exists():
        raise DmbError(
            f"{target} is there already, so the text of this config cannot go there", place=place, remedy=remedy
        )
    starts = [0, *(end.end() for end in marked_blocks.EOL.finditer(file.text)), len(file.text)]
    first = starts[line - 1]
    indent = re.match(r"[ ]*", file.text[first:])
    width = len(indent[0]) if indent else 0
    last = line
    for number in range(line, len(starts) - 1):
        text = file.text[starts[number] : starts[number + 1]]
        if text.strip() and len(text) - len(text.lstrip(" ")) <= width:
            break
        if text.strip():
            last = number + 1
    eol = marked_blocks.eol_of(file.text)
    new = f"{file.text[:first]}{' ' * width}file: {scalar(reference)}{eol}{file.text[starts[last] :]}"
    expected = {**file.data, "configs": {**file.data["configs"]}}
    config = {key: value for key, value in expected["configs"][name].items() if key != "content"}
    expected["configs"][name] = {**config, "file": reference}
    if YamlFile(new, file.place).data != expected:
        raise DmbError("the text of this config cannot be moved safely", place=place, remedy=remedy)
    return new
