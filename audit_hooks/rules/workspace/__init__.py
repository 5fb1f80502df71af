"""WSP: what a webserver and a daemon need to find the code of every module."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .wsp001_entry_schema import EntrySchema
from .wsp002_duplicate_location import DuplicateLocation
from .wsp003_unnamed_location import UnnamedLocation
from .wsp004_missing_target import MissingTarget
from .wsp005_unknown_host import UnknownHost
from .wsp006_taken_twice import TakenTwice
from .wsp007_undocumented_variable import UndocumentedVariable
from .wsp008_variable_not_launched import VariableNotLaunched
from .wsp009_no_health_check import NoHealthCheck
from .wsp010_health_check_hides import HealthCheckHides
from .wsp011_unknown_network import UnknownNetwork
from .wsp012_relative_home import RelativeHome
from .wsp013_broken_file import BrokenFile
from .wsp014_variable_twice import VariableTwice
from .wsp015_missing_block import MissingBlock
from .wsp016_orphan_block import OrphanBlock
from .wsp017_changed_block import ChangedBlock
from .wsp018_module_gone import ModuleGone
from .wsp019_module_changed import ModuleChanged
from .wsp020_pieces_differ import PiecesDiffer
from .wsp021_undefined_variable import UndefinedVariable
from .wsp022_missing_piece import MissingPiece

if TYPE_CHECKING:
    from ...rule import Rule

RULES: tuple[type[Rule], ...] = (
    EntrySchema,
    DuplicateLocation,
    UnnamedLocation,
    MissingTarget,
    UnknownHost,
    TakenTwice,
    UndocumentedVariable,
    VariableNotLaunched,
    NoHealthCheck,
    HealthCheckHides,
    UnknownNetwork,
    RelativeHome,
    BrokenFile,
    VariableTwice,
    MissingBlock,
    OrphanBlock,
    ChangedBlock,
    ModuleGone,
    ModuleChanged,
    PiecesDiffer,
    UndefinedVariable,
    MissingPiece,
)
