"""Programs that a module's code calls and that Python's packages do not bring: which Debian packages they are in.

A size is what the packages add to `python:3-slim-bookworm`, with all that they need: the sum of `Installed-Size` over
what `apt-get install --simulate --no-install-recommends`, started from an empty dpkg status, lists with them and does
not list for that image's own packages. Measured on Debian 12, amd64, in whole megabytes (1024 kB).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

LARGE = 100  # MB: above it the summary warns, for every build, push and pull of the image carries it


class Program(NamedTuple):
    """`debian` are the packages that bring it, `megabytes` what they add, `lighter` what often does as well."""

    debian: tuple[str, ...]
    megabytes: int
    what: str
    lighter: str = ""


CATALOGUE: Mapping[str, Program] = {
    "ssh": Program(("openssh-client",), 8, "ssh, scp and sftp", "paramiko from PyPI, for SFTP alone"),
    "sftp": Program(("lftp", "openssh-client"), 11, "lftp: mirrors folders over SFTP"),
    "ftp": Program(("lftp",), 2, "lftp: mirrors folders over FTP and FTPS"),
    "rsync": Program(("rsync",), 1, "rsync"),
    "rclone": Program(("rclone",), 56, "rclone: copies to and from cloud storage"),
    "git": Program(("git",), 51, "git", "dulwich from PyPI"),
    "curl": Program(("curl",), 6, "curl"),
    "wget": Program(("wget",), 4, "wget"),
    "jq": Program(("jq",), 1, "jq"),
    "unzip": Program(("unzip",), 0, "unzip", "Python's own zipfile"),
    "gnupg": Program(("gnupg",), 16, "gpg: decrypts and verifies files"),
    "pdf": Program(("poppler-utils",), 26, "pdftotext, pdftoppm and others", "pypdf from PyPI, for text alone"),
    "ghostscript": Program(("ghostscript",), 70, "gs"),
    "imagemagick": Program(("imagemagick",), 91, "convert, identify", "Pillow from PyPI"),
    "ffmpeg": Program(("ffmpeg",), 452, "ffmpeg, ffprobe", "imageio-ffmpeg from PyPI, one static binary"),
    "pandoc": Program(("pandoc",), 166, "pandoc", "markdown-it-py from PyPI, where it is Markdown to HTML"),
    "libreoffice": Program(
        ("libreoffice-calc-nogui", "libreoffice-writer-nogui"),
        386,
        "soffice --headless: converts office documents",
        "openpyxl and python-docx from PyPI, where they are only read or written",
    ),
    "tesseract": Program(("tesseract-ocr",), 90, "tesseract, with English"),
    "graphviz": Program(("graphviz",), 72, "dot"),
    "chromium": Program(
        ("chromium",), 696, "a browser without a screen", "httpx and selectolax from PyPI, where no script has to run"
    ),
    "unixodbc": Program(("unixodbc",), 1, "the ODBC driver manager"),
    "freetds": Program(("tdsodbc", "unixodbc"), 4, "the ODBC driver for SQL Server and Sybase", "pymssql from PyPI"),
    "postgresql-client": Program(("postgresql-client",), 12, "psql, pg_dump"),
    "mysql-client": Program(("mariadb-client",), 77, "mariadb, mariadb-dump"),
    "gdal": Program(
        ("gdal-bin",), 232, "ogr2ogr, gdal_translate", "pyogrio or rasterio from PyPI, which bring GDAL's library"
    ),
    "java": Program(("default-jre-headless",), 208, "a Java runtime"),
}


def chosen(answer: str) -> tuple[str, ...]:
    """The keys that an answer names: `git,pdf` -> ("git", "pdf")."""
    return tuple(key.strip() for key in answer.split(",")) if answer.strip() else ()


def problem(answer: str) -> str | None:
    """One sentence on what is wrong with a list of keys, or None."""
    keys = chosen(answer)
    for key in keys:
        if key not in CATALOGUE:
            import difflib

            close = difflib.get_close_matches(key.lower(), CATALOGUE, n=1) or _with_package(key)
            hint = f"did you mean {close[0]}?" if close else f"choose from: {', '.join(CATALOGUE)}"
            return f"there is no system package {key!a} in the catalogue; {hint}"
        if keys.count(key) > 1:
            return f"the system package {key} is named twice; name it once"
    return None


def _with_package(name: str) -> list[str]:
    """The key under which a Debian package is, for those who know its name: `poppler-utils` is `pdf`."""
    return [key for key, program in CATALOGUE.items() if name in program.debian]


def debian_packages(answer: str) -> list[str]:
    """What to hand to apt-get, each once, sorted."""
    return sorted({package for key in chosen(answer) for package in CATALOGUE[key].debian})


def notes(answer: str) -> tuple[str, ...]:
    """A sentence for each chosen program that makes an image large, with what would be lighter."""
    large = ((key, CATALOGUE[key]) for key in chosen(answer) if CATALOGUE[key].megabytes > LARGE)
    return tuple(
        f"{key} adds {program.megabytes} MB to the image"
        + (f"; lighter, if it does: {program.lighter}" if program.lighter else "")
        for key, program in large
    )
