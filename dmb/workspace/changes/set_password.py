"""Give the user of a database server a new password. Runs in a module's own Python, which has the driver: it imports
nothing of dmb.

Standard input: JSON with `kind`, `host`, `port`, `name`, `user`, `old`, and `new`, of letters and digits. Where the
server refuses, what it says is on standard error, and the exit code is 1.
"""

from __future__ import annotations

import json
import sys

DRIVERS = {"postgresql": "postgresql+psycopg", "mysql": "mysql+pymysql"}
STATEMENTS = {
    "postgresql": "ALTER USER CURRENT_USER PASSWORD '{}'",
    # MariaDB reads what MySQL takes for comments: it wants the function, and a privilege for ALTER USER.
    "mysql": "SET PASSWORD = /*M! PASSWORD( */ '{}' /*M! ) */",
}
SECONDS = 10


def main() -> None:
    """Connect with the old one, set the new one."""
    from sqlalchemy import URL, create_engine, text
    from sqlalchemy.exc import DBAPIError

    asked = json.load(sys.stdin)
    kind, new = asked["kind"], asked["new"]
    url = URL.create(
        DRIVERS[kind], asked["user"], asked["old"], host=asked["host"], port=int(asked["port"]), database=asked["name"]
    )
    # PyMySQL would send a text as Latin-1.
    options = {"password": asked["old"].encode()} if kind == "mysql" else {}
    engine = create_engine(url, isolation_level="AUTOCOMMIT", connect_args={"connect_timeout": SECONDS, **options})
    try:
        with engine.connect() as connection:
            connection.execute(text(STATEMENTS[kind].format(new)))
    except DBAPIError as error:
        sys.exit(str(error.orig))


if __name__ == "__main__":
    main()
