"""Files of local workspaces, in many styles."""

from __future__ import annotations

LISTS = (
    "load_from: []\n",
    "load_from:\n",
    "load_from:",
    "# only this\nload_from: []  # none",
    "load_from:\n- python_file: x.py\n",
    "load_from:\n    - python_file: x.py   # four\n\n    # dedented\n  # more\nother: {a: 1}\n",
    "\ufeffload_from:\r\n  - python_package: é\r\n",
    "load_from: [python_file: x.py]\n",
    "load_from: [\n  {python_file: x.py},\n]\n",
    "x: 1\n",
    "load_from:\n  - python_file:\n      relative_path: x.py",
)

ENVS = ("", "X=1", "# c\r\nX='1 # 2'\r\n", "export X=1\n\n", '\ufeffX=1\nY="a\nb"\n')
