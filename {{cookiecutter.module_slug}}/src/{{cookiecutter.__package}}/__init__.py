"""The Dagster code location {{ cookiecutter.module_slug }}."""
