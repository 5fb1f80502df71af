"""JSON that may stand in TOML and YAML too."""

from __future__ import annotations

import json
import re

# What TOML, JSON or YAML would not take as it is, or not give back: C1 controls, line separators, the BOM,
# noncharacters.
_ESCAPED = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


def json_text(value: object) -> str:
    """`value` as JSON; a text reads the same as TOML and as YAML. TypeError for what JSON cannot say."""
    return _ESCAPED.sub(lambda match: f"\\u{ord(match[0]):04x}", json.dumps(value, ensure_ascii=False))
