"""Which host ports are taken, and which one a new module should prefer.

Ports are chosen twice. The template *prefers* a port: `reserve` picks it under a lock and keeps it for a day. The
workspace *assigns* one: `propose` under its own lock, with the port that the module prefers as `preferred`. `propose`
writes nothing; before a question is asked it says what `reserve` would answer.

    held = survey(workspace, siblings=output_dir)  # who holds what
    propose("bar-one", {"grpc": None}, held)       # {"grpc": 4001}
    reserve("bar-one", {"grpc": None}, workspace=workspace, siblings=output_dir)
    confirm("bar-one", output_dir / "bar-one", workspace=workspace)

A wanted port is a number that a person typed (refused when somebody else holds it) or None (the module's own port if
it has one, else the preferred one if it is free, else the next free one). A module's own claims never block it:
asking twice gives the same answer.
"""

from __future__ import annotations
