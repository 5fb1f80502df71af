"""`python -m bench [NAME…]`: print the ratios; exit with 1 when one is above what is promised."""

from __future__ import annotations

import os
import sys

from . import audit, template, validate, workspace

BENCHES = {"template": template.run, "workspace": workspace.run, "validate": validate.run, "audit": audit.run}


def main() -> int:
    """Run the benches that are named, or all of them."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    missed = 0
    for name in sys.argv[1:] or BENCHES:
        for pair in BENCHES[name]():
            print(pair, flush=True)
            missed += pair.bound is not None and pair.ratio > pair.bound
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
