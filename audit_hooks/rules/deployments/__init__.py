"""DEP: how a module gets to servers."""
