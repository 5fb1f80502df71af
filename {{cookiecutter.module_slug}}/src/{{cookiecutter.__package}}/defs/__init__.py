"""Everything in this folder is loaded; `dg scaffold defs` adds to it."""
