"""The coverage matrix: rule → evidence → pass or an explained gap."""

from collections.abc import Mapping, Sequence
from typing import Any

from configs.errors import ConfigError
from configs.loader import nearest
from evaluation.audit.against.evidence import BY_KEY, Evidence, concerns
from evaluation.audit.settings import Rule

NOTHING = {"fi": "", "en": ""}


def matrix(report: Mapping[str, Any], rules: Sequence[Rule]) -> list[dict[str, Any]]:
    """One line per rule: {id, source, asks, section, needs, state (pass, gap, not_concerned), why, commands}.

    Every gap has a `why`.  Raises ConfigError for a rule that asks for evidence nobody knows.
    """
    kind = report["identity"]["kind"]
    return [_line(report, rule, kind) for rule in rules]


def _line(report: Mapping[str, Any], rule: Rule, kind: str) -> dict[str, Any]:
    needed = [_known(key, rule) for key in rule.needs]
    line = {
        "id": rule.id,
        "source": rule.source,
        "asks": rule.asks.as_text(),
        "section": rule.section,
        "needs": list(rule.needs),
    }
    asked = [one for one in needed if concerns(one.concerns, kind)]
    if not concerns(rule.concerns, kind) or not asked:
        return {**line, "state": "not_concerned", "why": NOTHING, "commands": []}
    absent = [one for one in asked if not one.present(report)]
    why = {"fi": " ".join(one.fi for one in absent), "en": " ".join(one.en for one in absent)}
    commands = [one.command for one in absent if one.command]
    return {**line, "state": "gap" if absent else "pass", "why": why, "commands": commands}


def _known(key: str, rule: Rule) -> Evidence:
    if key not in BY_KEY:
        guess = nearest(key, BY_KEY)
        hint = f"Did you mean `{guess}`?" if guess else f"Known: {', '.join(BY_KEY)}."
        raise ConfigError(f"The rule {rule.id} asks for the evidence `{key}`, which no report has. {hint}")
    return BY_KEY[key]
