"""YAML files as people write them. Each shape is a text, the path that a module goes to, and what it puts there."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable


def location(owner: str) -> str:
    """An item of `load_from`."""
    return f"- python_module:\n    module_name: {owner.replace('-', '_')}.definitions\n    location_name: {owner}\n"


def service(owner: str) -> str:
    """An entry of `services`, with a comment and a literal of its own."""
    return (
        f"{owner}:\n"
        f"  image: {owner}:1.0 # made by CI\n"
        "\n"
        "  # started by the host\n"
        '  command: ["dagster", "code-server", "start"]\n'
        "  labels:\n"
        "    note: |\n"
        "      first\n"
        "\n"
        "      last\n"
    )


def name(owner: str) -> str:
    """A plain item: the short form of `depends_on`, or a variable of `env_vars`."""
    return f"- {owner}\n"


def condition(owner: str) -> str:
    """The long form of `depends_on`."""
    return f"{owner}:\n  condition: service_healthy\n"


def volume(owner: str) -> str:
    """A top-level volume with nothing in it."""
    return f"{owner}-data:\n"


class Shape(NamedTuple):
    """`text` to put `body(owner)` into at `path`."""

    text: str
    path: tuple[str, ...] = ("load_from",)
    body: Callable[[str], str] = location


LOAD_FROM = {
    "empty list": Shape("load_from: []\n"),
    "empty list, comment": Shape("load_from: []  # none yet\n"),
    "empty list, no final newline": Shape("load_from: []"),
    "empty list with blanks in it": Shape("load_from: [  ]\n"),
    "empty list, key after it": Shape("load_from: []\nother: 1\n"),
    "empty mapping where a list comes": Shape("load_from: {}\n"),
    "empty list over two lines": Shape("load_from: [\n]\n"),
    "empty list below its key": Shape("load_from:\n  []\n"),
    "null": Shape("load_from:\n"),
    "null, no final newline": Shape("load_from:"),
    "null, comments below": Shape("load_from:   # fill me\n  # - python_file: a.py\n\n# end\n"),
    "tilde": Shape("load_from: ~\n"),
    "null as a word": Shape("load_from: null # later\r\n"),
    "absent": Shape("# locations come here\ntelemetry:\n  enabled: false\n"),
    "absent, no final newline": Shape("a: 1"),
    "empty file": Shape(""),
    "byte order mark and nothing": Shape("\ufeff"),
    "comments alone": Shape("# our workspace\n#\n"),
    "comments alone, no final newline": Shape("# our workspace"),
    "document start alone": Shape("---\n"),
    "two-space dashes": Shape("load_from:\n  - python_file: a.py\n  - python_file: b.py\n"),
    "flush dashes": Shape("load_from:\n- python_file: a.py\n- python_module:\n    module_name: b\nother: 1\n"),
    "four-space dashes": Shape("load_from:\n    - python_file:\n          relative_path: a.py\n"),
    "wide dashes": Shape("load_from:\n  -   grpc_server:\n          host: a\n          port: 4000\n"),
    "dash alone in its line": Shape("load_from:\n  -\n    grpc_server:\n      host: a\n      port: 4000\n"),
    "scalar items": Shape("load_from:\n  - a.py\n  - \"b.py\" # quoted\n  - 'c.py'\n"),
    "no final newline": Shape("load_from:\n  - grpc_server: {host: a, port: 4000}"),
    "blank line at the end": Shape("load_from:\n  - a.py\n\n\n"),
    "blanks at the end of the file": Shape("load_from:\n  - a.py\n   "),
    "blank lines between": Shape("load_from:\n\n  - a.py\n\n  - b.py\n\nother: 1\n"),
    "carriage returns": Shape("# made on Windows\r\nload_from:\r\n  - python_file: a.py\r\n  - python_file: b.py\r\n"),
    "carriage returns, no final newline": Shape("load_from:\r\n  - a.py"),
    "old line ends": Shape("load_from:\r  - a.py\r"),
    "an old line end first": Shape("\rload_from:\n  - a.py\n\n"),
    "mixed line ends": Shape("load_from:\n  - a.py\r\n  - b.py\n"),
    "byte order mark": Shape("\ufeffload_from:\n  - a.py\n"),
    "byte order mark, empty list": Shape("\ufeffload_from: []\r\n"),
    "comments around": Shape(
        "# top\nload_from: # here\n  # first\n  - a.py # one\n  # second\n  - b.py\n  # end\n# bottom\n"
    ),
    "comments dedented": Shape("load_from:\n    - a.py\n  # half way\n# flush\n    - b.py\n# after\nother: 1\n"),
    "entries commented out": Shape("load_from:\n  - a.py\n  # - python_file: old.py\n  #   location_name: old\n"),
    "not ASCII": Shape("# Größe der Dateien: 数\nload_from:\n  - python_file: straße.py\n    location_name: 🚀 été\n"),
    "line separator in a comment": Shape("# one\u2028# two\nload_from:\n  - a.py # x\u2028# y\n  - b.py\n"),
    "line separator in a scalar": Shape('load_from:\n  - "a\u2028b.py"\n  - c.py\n'),
    "literal in the last item": Shape("load_from:\n  - a: |\n      text\n\n# end\nother: 1\n"),
    "literal at the end of the file": Shape("load_from:\n  - a: |\n      text\n"),
    "literal at the end, no final newline": Shape("load_from:\n  - a: |\n      text"),
    "kept literal at the end, no final newline": Shape("load_from:\n  - x\n  - a: |+\n      text"),
    "kept literal with blank lines": Shape("load_from:\n  - a: |+\n      text\n\n\n"),
    "folded, stripped": Shape("load_from:\n- a: >-\n    one\n    two\nother: 1\n"),
    "literal whose indent is said": Shape("load_from:\n  - a: |2\n      text\n"),
    "plain over several lines": Shape("load_from:\n  - one\n    two\n    three\nother: 1\n"),
    "quoted over several lines": Shape('load_from:\n  - "one\n\n    two # none\n    "\nother: 1\n'),
    "marker text in a literal": Shape("a: |\n  # BEGIN: m1\n  # END: other\nload_from:\n  - b.py\n"),
    "marker text in a quoted scalar": Shape('load_from:\n  - "x\n    # BEGIN: m2\n    y"\n'),
    "marker text in a folded end": Shape("load_from:\n  - a: >\n      x\n      # END: m1\n"),
    "flow list": Shape("load_from: [a.py, b.py]\n"),
    "flow list, no blank before it": Shape("load_from: ['a.py']\nb: 1"),
    "flow list, blanks in it": Shape("load_from: [ a.py, b.py ] # two\n"),
    "flow list over lines": Shape("load_from: [\n  a.py,\n  b.py,\n]\n"),
    "flow list over lines, comment": Shape("load_from: [ # ours\n    a.py\n  ]\n"),
    "flow list broken later": Shape("load_from: [a.py,\n  b.py]\n"),
    "flow list below its key": Shape("load_from:\n  [a.py]\n"),
    "flow items in a block list": Shape("load_from:\n  - {python_file: a.py}\n  - {python_file: b.py}\n"),
    "all in brackets": Shape("{load_from: [a.py], other: {b: 1}}\n"),
    "all in brackets, empty": Shape('{"load_from": []}'),
    "JSON": Shape('{\n  "load_from": [\n    {"python_file": "a.py"}\n  ]\n}\n'),
    "document start and end": Shape("---\nload_from:\n  - a.py\n...\n"),
    "YAML directive": Shape("%YAML 1.1\n---\nload_from: []\n"),
    "quoted key": Shape('"load_from":\n  - a.py\n'),
    "blank before the colon": Shape("load_from :\n  - a.py\nb : []\n"),
    "explicit key with a value": Shape("? load_from\n: - a.py\n  - b.py\n"),
    "explicit keys without values": Shape("load_from:\n  - ? a\n  - ? # none\n# x\n"),
    "keys alone in brackets": Shape("a: {b, c}\nload_from:\n  - {d}\n"),
    "all indented": Shape("   load_from:\n     - a.py\n   other: 1\n"),
    "anchors elsewhere": Shape("x: &x {a: 1}\nz: *x\nload_from:\n  - a: *x\n  - <<: *x\n    b: 1\n"),
    "anchor that nobody names": Shape("load_from:\n  - &first\n    python_file: a.py\n"),
    "alias as the last leaf": Shape("x: &x [1, 2]\nload_from:\n  - python_file: a.py\n    args: *x\n"),
    "empty list with an anchor": Shape("load_from: &l []\n"),
    "empty list with a tag": Shape("load_from: !!seq []\n"),
    "list with an anchor": Shape("load_from: &l\n\n  # all\n  - a.py\n"),
    "list with a tag": Shape("load_from: !!seq\n- a.py\n- b.py"),
    "null items": Shape("load_from:\n  -\n  - a.py\n  -\n"),
    "a dash at the end, no final newline": Shape("load_from:\n-"),
    "null leaf at the end": Shape("load_from:\n  - python_file:\n"),
    "a list in a list": Shape("load_from:\n  - - a\n    - b\n"),
    "tag on an item": Shape("load_from:\n  - !!str 12\n"),
    "strange blanks": Shape("load_from: \n  - a.py  # x\t\n  \n"),
    "like a marker": Shape("# BEGIN work here\n## BEGIN: not\nload_from:\n  - a.py # BEGIN: neither\n"),
    "our words in a comment": Shape("load_from: # dmb was: []\n# dmb added\nother: [ # dmb split\n  1]\n"),
}

_WEB = "services:\n  web:\n    image: web\n{}  db:\n    image: postgres:16\n"

COMPOSE = {
    "services": Shape("services:\n  web:\n    image: web\nvolumes:\n  a:\n", ("services",), service),
    "services, last in the file": Shape("services:\n  web:\n    image: web", ("services",), service),
    "services, flush comment after": Shape("services:\n  web:\n    image: web\n# volumes:\n", ("services",), service),
    "services with blank lines": Shape(
        "version: '3.7'\n\nservices:\n\n  web:\n    image: web\n\n  db:\n    image: db\n\n\nnetworks:\n  net:\n",
        ("services",),
        service,
    ),
    "services in brackets": Shape("services: {web: {image: web}}\n", ("services",), service),
    "services, empty": Shape("services: {}\n", ("services",), service),
    "services, carriage returns": Shape("services:\r\n  web:\r\n    image: web\r\n", ("services",), service),
    "services, four spaces": Shape("services:\n    web:\n        image: web\n", ("services",), service),
    "services, one space": Shape("services:\n web:\n  image: web\n", ("services",), service),
    "services with extensions": Shape(
        "x-base: &base\n  restart: always\nservices:\n  web:\n    <<: *base\n    image: web\n  d:\n    <<: [*base]\n",
        ("services",),
        service,
    ),
    "services with an anchor": Shape("services: &all\n  web: &web\n    image: w\n", ("services",), service),
    "services with tags of Compose": Shape(
        "services:\n  web:\n    ports: !override\n      - '80:80'\n    user: !reset null\n", ("services",), service
    ),
    "depends_on, short": Shape(_WEB.format("    depends_on:\n      - db\n"), ("services", "web", "depends_on"), name),
    "depends_on, short and flush": Shape(
        _WEB.format("    depends_on:\n    - db\n    restart: always\n"), ("services", "web", "depends_on"), name
    ),
    "depends_on, short in brackets": Shape(
        _WEB.format("    depends_on: [db]\n"), ("services", "web", "depends_on"), name
    ),
    "depends_on, short in brackets with quotes": Shape(
        _WEB.format('    depends_on: ["db", ]  # all\n'), ("services", "web", "depends_on"), name
    ),
    "depends_on, long": Shape(
        _WEB.format("    depends_on:\n      db:\n        condition: service_healthy\n"),
        ("services", "web", "depends_on"),
        condition,
    ),
    "depends_on, long in brackets": Shape(
        _WEB.format("    depends_on: {db: {condition: service_started}}\n"),
        ("services", "web", "depends_on"),
        condition,
    ),
    "depends_on, null": Shape(_WEB.format("    depends_on:\n"), ("services", "web", "depends_on"), condition),
    "depends_on, empty list": Shape(_WEB.format("    depends_on: []\n"), ("services", "web", "depends_on"), condition),
    "depends_on, absent": Shape(_WEB.format(""), ("services", "web", "depends_on"), condition),
    "depends_on, absent, comments": Shape(
        _WEB.format("    # no needs\n\n"), ("services", "web", "depends_on"), condition
    ),
    "depends_on, absent in the last service": Shape(
        "services:\n  db:\n    image: db\n  web:\n    command: |\n      a\n      b",
        ("services", "web", "depends_on"),
        name,
    ),
    "depends_on, absent below a merge key": Shape(
        "x-b: &b {restart: always}\nservices:\n  web:\n    <<: *b\n    image: w\n",
        ("services", "web", "depends_on"),
        name,
    ),
    "volumes, absent": Shape("services:\n  web:\n    image: web\n", ("volumes",), volume),
    "volumes, null items": Shape("services:\n  web:\n    image: w\nvolumes:\n  a:\n  b:\n", ("volumes",), volume),
    "volumes, null items, no final newline": Shape("volumes:\n  a:\n  b:", ("volumes",), volume),
    "volumes in brackets": Shape("volumes: {a: , b: }\nservices: {}\n", ("volumes",), volume),
    "volumes, null, then more": Shape("volumes:\nservices:\n  web: {}\n", ("volumes",), volume),
    "networks of one service": Shape(
        "services:\n  web:\n    networks:\n    - front\n    - back\n", ("services", "web", "networks"), name
    ),
    "env_vars of the launcher": Shape(
        "run_launcher:\n  module: dagster_docker\n  class: DockerRunLauncher\n  config:\n    env_vars:\n      - A\n"
        "    network: net\n\nschedules:\n  use_threads: true\n",
        ("run_launcher", "config", "env_vars"),
        name,
    ),
    "env_vars, absent": Shape(
        "run_launcher:\n  module: dagster_docker\n  config:\n    network: net\n",
        ("run_launcher", "config", "env_vars"),
        name,
    ),
    "env_vars, nothing of it there": Shape(
        "run_launcher:\n  module: dagster_docker\n", ("run_launcher", "config", "env_vars"), name
    ),
    "env_vars, config empty": Shape(
        "run_launcher:\n  config: {} # default\n", ("run_launcher", "config", "env_vars"), name
    ),
}

SHAPES = {**LOAD_FROM, **COMPOSE}


class Refused(NamedTuple):
    """`text` that must be refused at `line` when `body(owner)` is put at `path`; `cause` is part of what is said."""

    text: str
    line: int
    cause: str
    path: tuple[str, ...] = ("load_from",)
    body: Callable[[str], str] = location


REFUSED = {
    "no YAML": Refused("load_from:\n  - a: b: c\n", 2, "not valid YAML"),
    "a tab for indent": Refused("load_from:\n\t- a.py\n", 2, "not valid YAML"),
    "an open bracket": Refused("load_from: [a.py\nother: 1\n", 2, "not valid YAML"),
    "an open quote": Refused('load_from:\n  - "a.py\n', 2, "not valid YAML"),
    "a template that is not rendered": Refused(
        "load_from:\n  {% for l in locations %}\n  - {{ l }}\n", 2, "not valid YAML"
    ),
    "a control character": Refused("load_from:\n  - a\x07b\n", 2, "not valid YAML"),
    "two byte order marks": Refused("\ufeff\ufeffload_from: []\n", 1, "a byte order mark inside"),
    "a byte order mark within": Refused("a: 1\n\ufeffload_from: []\n", 2, "a byte order mark inside"),
    "several documents": Refused("load_from: []\n---\nload_from: []\n", 2, "several YAML documents"),
    "a key twice": Refused("load_from:\n  - a.py\nload_from:\n  - b.py\n", 3, "appears twice"),
    "a key twice, far away": Refused("a:\n  b:\n    c: 1\n    d: 2\n    c: 3\nload_from: []\n", 5, "appears twice"),
    "a key that is a list": Refused("? [a, b]\n: 1\nload_from: []\n", 1, "not a plain word"),
    "a key that is an alias": Refused("a: &a x\n*a : 1\nload_from: []\n", 2, "not a plain word"),
    "an explicit key without a value": Refused("? load_from\n", 1, "no colon"),
    "an alias of nothing": Refused("load_from: []\na: *b\n", 2, "has no anchor"),
    "an alias in the place": Refused("a: &a [x]\nload_from: *a\n", 2, "alias"),
    "an anchored list that is named elsewhere": Refused("load_from: &l\n  - a.py\nb: *l\n", 1, "*l"),
    "an anchored parent that is named elsewhere": Refused(
        "services: &s\n  web:\n    depends_on: [db]\nx: *s\n", 3, "*s", ("services", "web", "depends_on"), name
    ),
    "null below its key": Refused("load_from:\n  ~\n", 2, "entries cannot be added"),
    "null in brackets": Refused("{load_from: }\n", 1, "entries cannot be added"),
    "a single value": Refused("load_from: a.py\n", 1, "found a single value"),
    "a mapping for a list": Refused("load_from:\n  python_file: a.py\n", 2, "found a mapping"),
    "a list for a mapping": Refused("services:\n  - web\n", 2, "found a list", ("services",), service),
    "a list for a file": Refused("- a\n", 1, "found a list"),
    "a word for a file": Refused("hello\n", 1, "found a single value"),
    "brackets without the key": Refused("{other: 1}\n", 1, "entries cannot be added"),
    "a service in brackets without the key": Refused(
        "services:\n  web: {image: web}\n", 2, "entries cannot be added", ("services", "web", "depends_on"), name
    ),
    "a merge key that brings it": Refused(
        "x-b: &b\n  depends_on: [db]\nservices:\n  web:\n    <<: *b\n    image: w\n",
        5,
        "`depends_on` is already here",
        ("services", "web", "depends_on"),
        name,
    ),
    "a merge key of a merge key that brings it": Refused(
        "a: &a {depends_on: [db]}\nb: &b\n  <<: [*a]\nservices:\n  web:\n    <<: *b\n",
        6,
        "`depends_on` is already here",
        ("services", "web", "depends_on"),
        name,
    ),
    "the service is there": Refused(
        "services:\n  web:\n    image: w\n  m1:\n    image: x\n", 4, "`m1` is already here", ("services",), service
    ),
    "the service is there, in brackets": Refused(
        'services: {web: {image: w}, "m1": {image: x}}\n', 1, "`m1` is already here", ("services",), service
    ),
    "the name is there": Refused(
        "services:\n  web:\n    depends_on:\n      - db\n      - m1\n",
        5,
        "`m1` is already here",
        ("services", "web", "depends_on"),
        name,
    ),
    "begin without end": Refused("load_from:\n  # BEGIN: m0\n  - a.py\n", 2, "no `# END: m0`"),
    "end without begin": Refused("load_from:\n  - a.py\n  # END: m0\n", 3, "no `# BEGIN: m0`"),
    "markers of two names": Refused("load_from:\n  # BEGIN: m0\n  - a.py\n  # END: m9\n", 4, "no `# BEGIN: m9`"),
    "markers in one another": Refused(
        "load_from:\n  # BEGIN: m0\n  # BEGIN: m9\n  - a.py\n  # END: m9\n  # END: m0\n", 2, "no `# END: m0`"
    ),
    "a marker without a name": Refused("load_from:\n  # BEGIN:\n  - a.py\n  # END:\n", 2, "names no module"),
    "markers in the middle of an entry": Refused(
        "load_from:\n  # BEGIN: m0\n  - a: 1\n  # END: m0\n    b: 2\n", 2, "do not wrap whole entries"
    ),
    "markers around two depths": Refused(
        "services:\n  web:\n    # BEGIN: m0\n    image: w\n  db:\n    image: d\n    # END: m0\n    user: x\n",
        3,
        "do not wrap whole entries",
        ("services",),
        service,
    ),
    "the place lies in a block": Refused(
        "services:\n  # BEGIN: m0\n  m0:\n    depends_on:\n      - db\n  # END: m0\n",
        4,
        "is inside the block of `m0`",
        ("services", "m0", "depends_on"),
        name,
    ),
    "two hundred lists in one another": Refused(
        "load_from: []\na: " + "[" * 200 + "]" * 200 + "\n", 2, "more than 100 nested lists"
    ),
}
