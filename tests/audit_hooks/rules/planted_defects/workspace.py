"""Defects of a module's pieces for a workspace, and of what it says of its variables."""

from __future__ import annotations

from . import Seed

_QUICK = {"governance": "quick", "database": "none"}
_SERVER = {"governance": "quick", "database": "postgresql"}
_YAML = "workspace/local/workspace.yaml"
_COMPOSE = "workspace/local/docker-compose.yml"
_VARIABLES = "workspace/local/.env.example"
_NAME = "      location_name: bar-one\n"

SEEDS = [
    Seed("WSP001", _QUICK, {_YAML: ("      port: 4000\n", '      port: "4000"\n')}, _YAML, "port:"),
    Seed(
        "WSP002",
        _QUICK,
        {_YAML: (_NAME, f"{_NAME}  - python_module:\n      module_name: bar_one_dagster\n{_NAME}")},
        _YAML,
        "python_module",
    ),
    Seed("WSP005", _QUICK, {_YAML: ("      host: bar-one\n", "      host: bar-two\n")}, _YAML, "host:"),
    Seed(
        "WSP006",
        _QUICK,
        {
            _COMPOSE: (
                "    init: true\n",
                "    init: true\n    container_name: a\n  other:\n    image: busybox:1.37\n    container_name: a\n",
            )
        },
        _COMPOSE,
        "container_name: a",
    ),
    Seed(
        "WSP007",
        _QUICK,
        {
            "src/bar_one_dagster/more.py": "import os\n\n\ndef region() -> str:\n"
            '    return os.environ["BAR_ONE_REGION"]\n'
        },
        "src/bar_one_dagster/more.py",
        "BAR_ONE_REGION",
    ),
    Seed(
        "WSP009",
        {**_QUICK, "governance": "standard"},
        {"Dockerfile": ("HEALTHCHECK --", "# HEALTHCHECK --")},
        _COMPOSE,
        "  bar-one:",
    ),
    Seed(
        "WSP010",
        _SERVER,
        {"docker-compose.yml": ('--dbname=$$POSTGRES_DB"]', '--dbname=$$POSTGRES_DB || exit 0"]')},
        "docker-compose.yml",
        "exit 0",
    ),
    Seed(
        "WSP012",
        _QUICK,
        {_VARIABLES: ("BAR_ONE_EXECUTOR=in_process\n", "BAR_ONE_EXECUTOR=in_process\nDAGSTER_HOME=home\n")},
        _VARIABLES,
        "DAGSTER_HOME",
    ),
    Seed(
        "WSP013",
        _QUICK,
        {_VARIABLES: ("BAR_ONE_EXECUTOR=in_process", "BAR_ONE_EXECUTOR='in_process")},
        _VARIABLES,
        "EXECUTOR",
    ),
    Seed(
        "WSP014",
        _QUICK,
        {_VARIABLES: ("BAR_ONE_EXECUTOR=in_process\n", "BAR_ONE_EXECUTOR=in_process\nBAR_ONE_EXECUTOR=multiprocess\n")},
        _VARIABLES,
        "multiprocess",
    ),
    Seed("WSP020", _QUICK, {_YAML: (_NAME, _NAME.replace("bar-one", "bar-two"))}, _YAML, "bar-two"),
    Seed(
        "WSP021",
        _QUICK,
        {_COMPOSE: ("    init: true\n", "    init: true\n    cpus: ${BAR_ONE_CPUS:?how many}\n")},
        _COMPOSE,
        "BAR_ONE_CPUS",
    ),
    Seed("WSP022", _QUICK, {_COMPOSE: None}, _COMPOSE),
    Seed(
        "WSP023",
        _SERVER,
        {"docker-compose.yml": ("    restart: unless-stopped\n", "    depends_on: [bar-two]\n")},
        "docker-compose.yml",
        "bar-two",
    ),
]
