"""dagster-module-builder: make Dagster modules, integrate them into a shared workspace, keep them current."""

__version__ = "0.1.0"
PUBLIC_ADDRESS = "https://github.com/org/dagster-module-builder"
