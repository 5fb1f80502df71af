"""DEF: what keeps Dagster from loading the code."""
