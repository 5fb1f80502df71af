"""After the tree is rendered: write the rest, the module's own .env and its link to the template. See dmb/template/finish.py."""

import json
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, {{ template_root | pylit }})

from dmb.template.finish import finish

made = finish(json.loads({{ plan(cookiecutter) | jsonify | pylit }}))
print(*made.report(), "Next:", *(f"  {command}" for command in made.next_commands()), sep="\n")
