"""GOV: how the repository itself is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .gov006_unused_ignore import UnusedIgnore
from .gov008_wrong_setting import WrongSetting

if TYPE_CHECKING:
    from ...rule import Rule

RULES: tuple[type[Rule], ...] = (UnusedIgnore, WrongSetting)
