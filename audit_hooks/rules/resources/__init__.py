"""RES: what assets work with, and how it is set."""
