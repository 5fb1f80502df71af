"""`python -m bench [NAME…]`: print the ratios; exit with 1 when one is above what is promised."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from . import audit, template, validate, workspace
from .pairs import Pair

Part = Callable[[], Iterator[Pair]]
PARTS: Mapping[str, Part] = {
    "template": template.run,
    "workspace": workspace.run,
    "validate": validate.run,
    "audit": audit.run,
}


def main(names: Sequence[str], parts: Mapping[str, Part] = PARTS) -> int:
    """Run the named parts, or all of them. One that fails is reported and does not stop the others."""
    for name in names:
        if name not in parts:
            print(f"no part is called {name}; choose from: {', '.join(parts)}", file=sys.stderr)
            return 2
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    code = 0
    with _own_folders():
        for name in names or parts:
            try:
                for pair in parts[name]():
                    print(pair, flush=True)
                    if pair.bound is not None and pair.ratio > pair.bound:
                        code = 1
            except Exception:  # whatever it is, the other parts are measured
                print(f"{name} failed:", file=sys.stderr)
                traceback.print_exc()
                code = 1
    return code


@contextlib.contextmanager
def _own_folders() -> Iterator[None]:
    """Reservations of ports and cookiecutter's replays stay out of the user's own folders, in every part."""
    before = dict(os.environ)
    with tempfile.TemporaryDirectory(prefix="dmb-bench-") as name:
        settings = Path(name, "cookiecutter.yaml")
        settings.write_text(f"replay_dir: {name}/replay\n", encoding="utf-8")
        os.environ |= {"XDG_STATE_HOME": f"{name}/state", "COOKIECUTTER_CONFIG": str(settings)}
        try:
            yield
        finally:
            os.environ.clear()
            os.environ.update(before)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
