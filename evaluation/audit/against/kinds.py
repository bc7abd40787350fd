"""One kind of evidence: how a report shows that it has it, and what is said where it has not."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from evaluation.audit.settings import Evidence as Concern

Report = Mapping[str, Any]


@dataclass(frozen=True)
class Evidence:
    """`fi` and `en` say why it lacks, `command` what to type or fill in; `concerns` which models it is about."""

    key: str
    present: Callable[[Report], bool]
    fi: str
    en: str
    command: str = ""
    concerns: Concern = "all"
