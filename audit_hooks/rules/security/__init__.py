"""SEC: what lets others read what they should not, or run what they like."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .sec001_secret_file import SecretFile
from .sec002_token import Token
from .sec003_privileged import Privileged
from .sec004_published_database import PublishedDatabase
from .sec005_docker_socket import DockerSocket
from .sec006_untagged_image import UntaggedImage
from .sec007_no_digest import NoDigest
from .sec008_root import Root
from .sec009_pickles_in_tmp import PicklesInTmp

if TYPE_CHECKING:
    from ...rule import Rule

RULES: tuple[type[Rule], ...] = (
    SecretFile,
    Token,
    Privileged,
    PublishedDatabase,
    DockerSocket,
    UntaggedImage,
    NoDigest,
    Root,
    PicklesInTmp,
)
