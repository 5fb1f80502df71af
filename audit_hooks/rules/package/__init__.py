"""PKG: whether the project can be read and installed."""
