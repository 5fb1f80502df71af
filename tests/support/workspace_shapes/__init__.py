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

ONE_CONTAINER = {
    "home/workspace.yaml": """\
load_from:
  - python_file:
      relative_path: "lake.py"
      location_name: "lake"
      working_directory: "/srv/home"
  - python_file:
      relative_path: "mart.py"
      location_name: "mart"
      working_directory: "/srv/home\"""",
    "docker-compose.yml": """\
version: '3.8'

services:
#  admin:
#    image: admin
#    ports:
#      - "8080:80"

  store:
    image: postgres:15
    env_file:
      - .env
    healthcheck:
      test: [ "CMD", "pg_isready" ]

  api:
    build: .
    command: ["serve"]

  dagster:
    build:
      context: .
      dockerfile: Dockerfile.dagster
    environment:
      DAGSTER_HOME: /srv/home
    ports:
      - "3000:3000"
    depends_on:
      store:
        condition: service_healthy

  scheduler:
    build:
      context: .
      dockerfile: ./Dockerfile.dagster
    command: ["sh", "-c", "cd /srv && dagster-daemon run -w /srv/home/workspace.yaml"]
    environment:
      - DAGSTER_HOME=/srv/home
    depends_on:
      - dagster

volumes:
  left_over:
""",
    ".env": "POSTGRES_PASSWORD=x\n",
    "Dockerfile": "FROM python:3.12-slim\nCOPY . /srv\n",
    "Dockerfile.dagster": 'FROM python:3.12-slim\nUSER app\nCMD ["dagster", "dev", "-h", "0.0.0.0"]\n',
}

CAPITALS = {
    "main/workspace.yaml": "load_from:\r\n- grpc_server:\r\n    host: nightly_e2e\r\n    port: 4000\r\n"
    '    location_name: "nightly_e2e"\r\n\r\n',
    "docker-compose.yaml": """\
version: "3.9"
services:
  nightly_e2e:
    build:
      context: ./nightly
      dockerfile: ./Dockerfile
    container_name: nightly_e2e
    env_file:
      - .env
    networks:
      - inner
  MAIN_UI:
    env_file:
      - .env
    image: main
    container_name: main_ui
    networks:
      - inner
    entrypoint:
      - dagster-webserver
      - -h
      - "0.0.0.0"
  MAIN_DAEMON:
    image: main
    networks:
      - inner
    entrypoint:
      - dagster-daemon
      - run
  # indented further than the others
  seed:
      image: seed
      depends_on:
        MAIN_UI:
          condition: service_started

networks:
  inner:
    driver: bridge
    name: inner

""",
    ".env": "",
}

EXTENSIONS = {
    "dagster/workspace.yaml": """\
load_from:
  # One for each service below that holds code.
  - grpc_server:
      host: geo-core
      port: 4000
      location_name: "core"
  - grpc_server:
      host: geo-walls
      port: 4002
      location_name: "party_walls"
""",
    "compose.yaml": """\
name: geo-${GEO_TAG}

x-code: &code
  restart: on-failure
  environment: &code-env
    DAGSTER_HOME: /opt/home
  volumes:
    - type: volume
      source: geo-home
      target: /opt/home
x-needs: &needs
  geo-store:
    condition: service_healthy

services:
  geo-store:
    image: "postgres:16"
    command: ["-c", "max_connections=200"]
    healthcheck: {test: [CMD, pg_isready], interval: 5s}
  geo-core:
    <<: *code
    image: "geo/core:${GEO_TAG}"
    container_name: geo-core-${GEO_TAG}
    hostname: geo-core
    environment:
      <<: *code-env
      CORE_PART: "1"
    ports: ["4000:4000"]
  geo-walls:
    <<: [*code]
    image: "geo/walls:${GEO_TAG}"
    depends_on: *needs
  geo-ui:
    image: "geo/dagster:${GEO_TAG}"
    entrypoint: &run
      - dagster-webserver
      - -w
      - workspace.yaml
    depends_on:
      geo-store: {condition: service_healthy}
      geo-core: {condition: service_started}
      geo-walls:
        condition: service_started
  geo-timer:
    image: "geo/dagster:${GEO_TAG}"
    entrypoint:
      - dagster-daemon
      - run
    depends_on:
      - geo-store
      - geo-core
      - geo-walls

volumes:
  geo-home:
    name: "geo-home"
    external: true
""",
    ".env": "GEO_TAG=latest\n# of the walls\nPARTY_WALLS_MODEL=/data/model.bin\n",
}

COMMENTED_OUT = {
    "home/workspace.yaml": "load_from:\n  - python_package: flow\n  - python_package: rules\n  ",
    "home/dagster.yaml": "storage:\n  postgres:\n    postgres_url:\n      env: FLOW_STORE\n",
    "docker-compose.yml": """\
version: "3.9"
services:
  lake:
    image: minio/minio
    env_file: .env
    networks:
      - inner
      # flow:
      #   build:
      #     context: ./flow
      #   env_file: .env
  # ui:
  #   entrypoint:
  #     - dagit
networks:
  inner:""",
    ".env": "FLOW_STORE=postgresql://u:p@h/db # where runs are kept\nLAKE=1\nFLOW_B='a b'",
}

SHORT_BUILD = {
    "workspace.yaml": "load_from:\n  - grpc_server:\n      host: models\n      port: 4000",
    "docker-compose.yml": """\
services:
    models:
        build: ./models
        entrypoint: "dagster api grpc -h 0.0.0.0 -p 4000 -m models"
        hostname: models

    ui:
        build: ./ui
        hostname: ui
        entrypoint: "dagit -h 0.0.0.0 -p 3003 -w ./workspace.yaml"
        depends_on:
            - models
        volumes: # Run storage and code.
            - ./data:/data
    timer:
        build: ./ui
        entrypoint: dagster-daemon run
        depends_on:
            - models
""",
    "ui/Dockerfile": "FROM python:3.12\n",
}

SHAPES = {
    "one container": ONE_CONTAINER,
    "capitals": CAPITALS,
    "extensions": EXTENSIONS,
    "commented out": COMMENTED_OUT,
    "short build": SHORT_BUILD,
    "code servers": CODE_SERVERS,
    "no final newline": NO_FINAL_NEWLINE,
    "by name": BY_NAME,
    "crlf": CRLF,
    "flow": FLOW,
    "pasted": PASTED,
}
