"""AST: assets and what they are told."""
