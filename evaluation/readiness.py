"""`python -m evaluation.readiness --config configs/readiness.yaml`: what can be taken into use now, later, or not yet.

The plans sort measures by what can be used at once, what later, and what needs national consensus (seed_000, row 39).
The same three classes are told here of every feature, model and indicator, each with its reason.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, get_args

from pydantic import Field

from configs.command import parse_config_path, run_command, say
from configs.errors import ConfigError
from configs.loader import StrictConfig, load_config, read_yaml
from configs.words import unknown
from configs.workspace import Workspace
from evaluation.indicators.compute import readiness_of
from evaluation.indicators.settings import IndicatorsConfig
from features.catalogue import Catalogue, load_catalogue
from features.catalogue.vocabulary import fit_vocabulary
from features.store import open_snapshot

DEFAULT = "configs/readiness.yaml"
Readiness = Literal["usable_now", "usable_later", "needs_national_consensus"]
ORDER: tuple[Readiness, ...] = get_args(Readiness)
"""The readiest first."""


class Verdict(StrictConfig):
    """A class that people gave, and why."""

    readiness: Readiness
    reason: str = Field(min_length=10)


class ModelVerdict(Verdict):
    """Of a model; `without` is the training config that says which families it leaves out (none = no client's row)."""

    without: str | None = None


class ReadinessConfig(StrictConfig):
    """configs/readiness.yaml."""

    var: str
    features: str
    indicators: str
    families: Mapping[str, Verdict]
    models: Mapping[str, ModelVerdict]


@dataclass(frozen=True)
class Told:
    """One thing, its class and the reason."""

    kind: Literal["feature", "model", "indicator"]
    id: str
    readiness: Readiness
    reason: str


def features_told(catalogue: Catalogue, off: Mapping[str, float], verdicts: Mapping[str, Verdict]) -> tuple[Told, ...]:
    """Every family; `off` holds those that the data switched off.  Raises ConfigError for a verdict on no family."""
    for name in verdicts:
        if name not in catalogue.families:
            raise ConfigError(f"readiness.families: {unknown('family', name, catalogue.families)}")
    return tuple(_feature(name, catalogue, off, verdicts) for name in catalogue.families)


def _feature(name: str, catalogue: Catalogue, off: Mapping[str, float], verdicts: Mapping[str, Verdict]) -> Told:
    if name in verdicts:
        return Told("feature", name, verdicts[name].readiness, verdicts[name].reason)
    if not catalogue.families[name].is_enabled:
        return Told("feature", name, "usable_later", "off in the catalogue until a county turns it on")
    if name in off:
        return Told("feature", name, "usable_later", f"recorded for {off[name]:.0%} of the rows, which is too few")
    return Told("feature", name, "usable_now", "enabled, and recorded as completely as the catalogue asks")


def model_told(name: str, verdict: Verdict, features: Collection[Told], used: Collection[str]) -> Told:
    """The less ready of its own verdict and of its least ready family in use."""
    families = [one for one in features if one.id in used]
    worst = max(families, key=lambda one: ORDER.index(one.readiness), default=None)
    if worst is None or ORDER.index(worst.readiness) <= ORDER.index(verdict.readiness):
        return Told("model", name, verdict.readiness, verdict.reason)
    return Told("model", name, worst.readiness, f"uses {worst.id}: {worst.reason}")


def indicators_told(config: IndicatorsConfig, states: Mapping[str, tuple[str, str]]) -> tuple[Told, ...]:
    """Every indicator (settings left out); `states` are those of the measured ones over a store."""
    told = []
    for name, one in config.definitions.items():
        state, why = states.get(name, ("published", one.published) if one.published else ("needs", one.needs))
        if not one.setting:
            ready: Readiness = "usable_later" if state == "needs" else "usable_now"
            told.append(Told("indicator", name, ready, f"{'waits for' if state == 'needs' else 'reads'} {why}"))
    return tuple(told)


def used_families(catalogue: Catalogue, off: Collection[str], without: Collection[str]) -> frozenset[str]:
    """The families of a client model's row."""
    return frozenset(one.id for one in catalogue.enabled if one.id not in off and one.id not in without)


def told_of(config: ReadinessConfig) -> tuple[Told, ...]:
    """Everything, over the newest store."""
    snapshot, catalogue = open_snapshot(Workspace.of(config.var).store), load_catalogue(config.features)
    off = fit_vocabulary(snapshot, catalogue, snapshot.data_until + timedelta(days=1)).off
    features = features_told(catalogue, off, config.families)
    models = []
    for name, verdict in config.models.items():
        without = read_yaml(verdict.without).get("without_families", ()) if verdict.without else None
        used = frozenset[str]() if without is None else used_families(catalogue, off, without)
        models.append(model_told(name, verdict, features, used))
    indicators = load_config(config.indicators, IndicatorsConfig)
    return (*features, *models, *indicators_told(indicators, readiness_of(snapshot, indicators)))


def main(argv: Sequence[str] | None = None) -> int:
    """Print every class and what is not usable now."""
    path = parse_config_path(argv, "evaluation.readiness", "What can be taken into use now or later.", DEFAULT)

    def action() -> None:
        told = told_of(load_config(path, ReadinessConfig))
        for one in told:
            if one.readiness != ORDER[0]:
                say(f"{one.kind:<10}{one.id:<34}{one.readiness:<26}{one.reason}")
        counts = Counter((one.kind, one.readiness) for one in told)
        say("; ".join(f"{kind} {readiness}: {n}" for (kind, readiness), n in sorted(counts.items())))

    return run_command(action)


if __name__ == "__main__":
    raise SystemExit(main())
