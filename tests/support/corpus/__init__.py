"""Files of the shapes that people's workspaces have, as tables: text with its very line ends, and what to do to it."""
