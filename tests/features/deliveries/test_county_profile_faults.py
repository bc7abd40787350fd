"""What a county profile may not say: every fault in one sentence, with what is allowed."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from configs.errors import ConfigError
from configs.loader import PROJECT_ROOT, read_yaml
from features.county_profile import load_profile
from features.county_profile.load import profile_files
from features.simulator.load import load_county

FILES = profile_files()


def changed(folder: Path, **values: Any) -> Path:
    """The first profile with some sections replaced."""
    file = folder / FILES[0].name
    file.write_text(yaml.safe_dump({**read_yaml(FILES[0]), **values}, allow_unicode=True), encoding="utf-8")
    return file


def edited(section: str, place: int = 0, **values: Any) -> dict[str, Any]:
    """One section with one entry changed."""
    entries = [dict(one) for one in read_yaml(FILES[0])[section]]
    entries[place].update(values)
    return {section: entries}


@pytest.mark.parametrize(
    "values, said",
    [
        (edited("municipalities", code="46"), "`46` .* is no municipality code; write three digits in quotes"),
        (edited("municipalities", code="491"), "the municipality code `491` is given 2 times; keep one"),
        (
            edited("municipalities", legacy_orgs=["esote"]),
            r"unknown legacy organisation `esote`. Did you mean `essote`\?",
        ),
        (edited("municipalities", until=date(2025, 1, 1)), "`until` and `merged_into` belong together"),
        (edited("municipalities", 6, merged_into="999"), "unknown municipality in `merged_into` `999`"),
        (edited("municipalities", 6, until=date(2020, 1, 1)), "is not after the first day of its records"),
        (edited("legacy_organisations", reason=None), "`essote` has no `history_start`; add `reason:`"),
        (edited("systems", tables=["resident"]), r"unknown table `resident`. Did you mean `residents`\?"),
        (edited("systems", municipalities=["091"]), "system `population_register`: unknown municipality `091`"),
        (edited("systems", status="pilot"), "a pilot is not the whole county; list its municipalities, or write null"),
        (edited("systems", kind="patient"), "systems.0.kind"),
        (edited("source_breaks", date=date(2026, 1, 1)), "write the earliest first"),
        (edited("source_breaks", systems=["raj"]), r"unknown system `raj`. Did you mean `rai`\?"),
        (edited("schemes", id="suuntima_lik"), r"unknown scheme `suuntima_lik`. Did you mean `suuntima_like`\?"),
        (edited("schemes", status="planned"), "has a file in configs/schemes; write `status: ready`"),
        (edited("indicators", needs=["contacts.tim"]), "column of contacts in `needs` `tim`. Did you mean `time`"),
        (edited("indicators", needs=[]), "needs fields under `needs`, or `outside:`"),
        (edited("indicators", targets=[{"value": 80}]), "a share lies between 0 and 1, the target is 80"),
        (edited("indicators", denominator=None), "is a share and needs a `denominator`"),
        (edited("indicators", id="Access"), "the indicator `Access` must be snake_case"),
        (edited("indicators", source="page 3"), "the source `page 3` is no line; write e.g. `seed_000 l.259`"),
        (edited("indicators", clock="days"), "indicators.0.clock"),
        ({"id": "savo"}, "its id is `savo`, its file"),
        ({"munisipalities": []}, r"unknown key `munisipalities`. Did you mean `municipalities`\?"),
    ],
)
def test_a_fault_of_a_profile_is_named_with_what_is_allowed(tmp_path: Path, values: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        load_profile(changed(tmp_path, **values))


def test_all_faults_of_a_profile_are_named_at_once(tmp_path: Path) -> None:
    values = {**edited("indicators", source="page 3"), **edited("schemes", id="suuntima_lik")}
    with pytest.raises(ConfigError) as caught:
        load_profile(changed(tmp_path, **values))
    assert all(word in str(caught.value) for word in ("page 3", "suuntima_lik"))


def test_each_kind_of_county_file_is_refused_by_the_other_command() -> None:
    with pytest.raises(ConfigError, match="describes a simulated county, not a county profile"):
        load_profile(PROJECT_ROOT / "configs/county/demo.yaml")
    with pytest.raises(ConfigError, match="is a county profile and cannot be simulated"):
        load_county(str(FILES[0]))
