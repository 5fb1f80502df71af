"""Run one statement on a database server: the one that gives its user a new password.

It runs in a module's own Python, which has the driver, and imports nothing of dmb. Standard input: JSON with `scheme`,
`password_in_bytes`, `statement`, `host`, `port`, `name`, `user` and `password`, the one until now. Where the server
refuses, what it says is on standard error, and the exit code is 1.
"""

from __future__ import annotations

import json
import sys

SECONDS = 10


def main() -> None:
    """Connect with the password until now, run the statement."""
    from sqlalchemy import URL, create_engine
    from sqlalchemy.exc import DBAPIError

    wanted = json.load(sys.stdin)
    user, password = wanted["user"], wanted["password"]
    url = URL.create(
        wanted["scheme"], user, password, host=wanted["host"], port=int(wanted["port"]), database=wanted["name"]
    )
    options = {"password": password.encode()} if wanted["password_in_bytes"] else {}
    engine = create_engine(url, isolation_level="AUTOCOMMIT", connect_args={"connect_timeout": SECONDS, **options})
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql(wanted["statement"])
    except DBAPIError as error:
        sys.exit(str(error.orig))


if __name__ == "__main__":
    main()
