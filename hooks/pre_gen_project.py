"""Before a file is written: cookiecutter renders this line, which checks every answer again and reserves ports."""
# {{ settle(cookiecutter) }}
