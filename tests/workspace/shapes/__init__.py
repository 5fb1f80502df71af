"""Workspaces as people have them: the shapes met in public ones, none of their text. Name -> files by path."""

from __future__ import annotations

CODE_SERVERS = {
    "workspace.yaml": """\
load_from:
  # One entry for each service that serves code.
  - grpc_server:
      host: sales_code
      port: 4000
      location_name: "sales"
  - grpc_server:
      host: stock-code
      port: 4000
      location_name: "stock_keeping"
""",
    "docker-compose.yml": """\
version: "3.7"

services:
  # Runs, schedules and events.
  metadata_store:
    image: postgres:11
    environment:
      POSTGRES_PASSWORD: "not-so-secret"
    networks:
      - inner
  sales_code:
    build:
      context: .
      dockerfile: ./Dockerfile.sales
    container_name: sales_code
    restart: always
    environment:
      CURRENT: "sales_image"
    depends_on:
      - sales_db
    networks:
      - inner

  sales_db:
    image: "mysql:8.0"
    volumes:
      - sales-data:/var/lib/mysql
    networks: [inner]

  whatever_name:
    container_name: stock-code
    image: stock:latest
    networks:
      - inner
      # the code server of stock
  ui:
    image: host:1
    entrypoint:
      - dagster-webserver
      - -h
      - "0.0.0.0"
    ports: ["3000:3000"]
    networks:
      - inner
    depends_on:
      metadata_store:
        condition: service_healthy
      sales_code:
        condition: service_started
      whatever_name: {condition: service_started}
  background:
    image: host:1
    entrypoint: [dagster-daemon, run]
    networks:
      - inner
    depends_on:
      - metadata_store
      - sales_code
      - whatever_name

networks:
  inner:
    driver: bridge

volumes:
  metadata:
  sales-data:
""",
    ".env": "TOKEN=x\nSALES_DB_PORT=3310\nSALES_REGION='north # east'\n# stock\nSTOCK_KEEPING_MODE=a\nOTHER=1\n"
    "STOCK_KEEPING_B=2",
}

NO_FINAL_NEWLINE = {
    "home/workspace.yaml": "load_from:\n- grpc_server:\n    host: pipeline\n    port: 4000\n    location_name: pipe",
    "home/dagster.yaml": "telemetry:\n  enabled: false\n",
    "docker-compose.yaml": """\
services:

# Pipelines
  pipeline:
    build: ./pipeline
    env_file: .env
    ports:
      - 4000:4000

  DAGIT:
    image: d
    entrypoint:
      - dagit
      - -w
      - workspace.yaml
    env_file: .env
""",
    ".env": "A=1\r\nB=2\r\n",
}

BY_NAME = {
    "workspace.yaml": "load_from:\n  - python_module: shop\n",
    "compose.yaml": """\
services:
  shop-webserver:
    build: {context: ., dockerfile: docker/Dockerfile}
    ports:
      - 3000:3000
  shop-daemon:
    build:
      context: .
    command: "dagster-daemon run"
    restart: unless-stopped
""",
}

CRLF = {
    "workspace.yaml": (
        "# ours\r\nload_from:\r\n    - python_file: a.py   # old\r\n\r\n    - python_module:\r\n"
        "        module_name: b\r\n        location_name: 'Bé'\r\n  # - python_file: gone.py\r\n"
    ),
    ".env": "\ufeffA_B=1\r\n",
}

FLOW = {"workspace.yaml": 'load_from: [\n  {python_file: {relative_path: "x/y.py", location_name: xy}},\n]\n'}

PASTED = {
    "workspace.yaml": """\
load_from:
  # BEGIN: old-one
  - python_module:
      module_name: old_one.definitions
      location_name: old-one
  # END: old-one
  - python_package: loose
""",
    ".env": "# BEGIN: old-one\nOLD_ONE_TOKEN=1\n# END: old-one\nLOOSE_X=1\nLOOSE_Y=2\n",
    "Procfile": "web: dagster-webserver\nloose: python -m loose\n",
}

SHAPES = {
    "code servers": CODE_SERVERS,
    "no final newline": NO_FINAL_NEWLINE,
    "by name": BY_NAME,
    "crlf": CRLF,
    "flow": FLOW,
    "pasted": PASTED,
}
