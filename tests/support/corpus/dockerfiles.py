"""Dockerfiles as people write them with the user at their end; some that must be refused (line, part of the cause)."""

from __future__ import annotations

SHAPES = {
    "plain": ("FROM python:3.12-slim\nRUN pip install dagster\nWORKDIR /opt\n", ""),
    "no final newline": ('FROM python:3.12\nCMD ["dagster"]', ""),
    "carriage returns": ("FROM python:3.12\r\nRUN pip install \\\r\n  dagster\r\n", ""),
    "byte order mark": ("\ufeffFROM python:3.12\n", ""),
    "syntax directive": ("# syntax=docker/dockerfile:1.7\nFROM python:3.12\n", ""),
    "lower case": ("from python:3.12 as base\nuser me\n", "me"),
    "arguments first": ("ARG PY=3.12\nFROM python:${PY}\nARG X\n", ""),
    "user": ("FROM python:3.12\nRUN useradd me\nUSER me\nWORKDIR /home/me\n", "me"),
    "user and group": ("FROM python:3.12\nUSER 1000:1000\n", "1000:1000"),
    "user from an argument": ("FROM python:3.12\nARG UID=1000\nUSER ${UID}\n", "${UID}"),
    "root": ("FROM python:3.12\nUSER me\nRUN true\nUSER root\n", ""),
    "two stages": (
        "FROM python:3.12 AS build\nUSER me\nRUN true\n\nFROM python:3.12-slim\nCOPY --from=build /a /a\n",
        "",
    ),
    "a stage from a stage": ("FROM python:3.12 AS base\nUSER me\nFROM base AS final\nCMD dagster\n", "me"),
    "a stage from a stage, platform": ("FROM --platform=linux/amd64 p AS Base\nUSER me\nFROM base\n", "me"),
    "continued over comments and blanks": (
        "FROM p\nRUN apt-get update && \\\n    # a comment\n\n    apt-get install -y git \\\n    && rm -rf /x\n",
        "",
    ),
    "escape directive": ("# escape=`\nFROM p\nCOPY a C:\\\nRUN one `\n  two\n", ""),
    "heredoc": ("FROM p\nRUN <<EOF\npip install x\nUSER nobody\nEOF\nCMD y\n", ""),
    "heredoc with a dash": ("FROM p\nRUN <<-END bash\n\techo\n\tEND\nCMD y\n", ""),
    "heredoc with quotes": ("FROM p\nCOPY <<'E' /a\nFROM x\nE\n", ""),
    "two heredocs": ("FROM p\nCOPY <<a <<b /d/\n# BEGIN: dmb\na\n# END: dmb\nb\nUSER me\n", "me"),
    "a shift that is no heredoc": ("FROM p\nRUN echo $((1<<2)) && cat <<< x\n", ""),
    "marker text in a continued line": ("FROM p\nRUN a \\\n# BEGIN: dmb\n b \\\n# END: dmb\n c\n", ""),
    "comments around": ("# top\n\n# FROM x\nFROM p # no comment\n# USER me\n\n# end\n", ""),
    "comment at the end, no final newline": ("FROM p\n# end", ""),
    "blank lines at the end": ("FROM p\nUSER me\n\n\n", "me"),
    "entry point": ('FROM p\nUSER me\nEXPOSE 3000\nENTRYPOINT ["dagster-webserver"]\nCMD ["-h", "0.0.0.0"]\n', "me"),
    "not ASCII": ('# Größe 数 🚀\nFROM p\nLABEL a="é\u2028"\n', ""),
    "health check": ("FROM p\nHEALTHCHECK --interval=5s CMD curl x || exit 1\nONBUILD USER you\n", ""),
}

REFUSED = {
    "no stage": ("# empty\nARG A\n", 1, "no stage"),
    "an open heredoc": ("FROM p\nRUN <<EOF\npip install x\n", 2, "the heredoc EOF is not closed"),
    "an open second heredoc": ("FROM p\nCOPY <<a <<b /\nx\na\n", 2, "the heredoc b is not closed"),
    "a line that goes on": ("FROM p\nRUN a \\\n", 2, "continues past the end"),
    "a line that goes on, no final newline": ("FROM p\nRUN a \\", 2, "continues past the end"),
    "a line that goes on over comments": ("FROM p\n\nRUN a \\\n# c\n\n", 3, "continues past the end"),
    "begin without end": ("FROM p\n# BEGIN: dmb\nRUN a\n", 2, "no `# END: dmb`"),
    "end without begin": ("FROM p\nRUN a\n# END: dmb\n", 3, "no `# BEGIN: dmb`"),
}
