"""What a profile may say: every fault is one sentence with the nearest allowed word."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import pairwise

from configs.loader import PROJECT_ROOT
from configs.words import unknown
from features.county_profile.profile import History, Indicator, Profile
from features.source_catalogue.load import MUNICIPALITY
from features.sources.checking.codes import load_codes
from features.tables import TABLES

SOURCE_LINE = re.compile(r"seed_\d{3} l\.\d+(-\d+)?(, \d+(-\d+)?)*|(public|own choice): \S.*")
ID = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
COUNTY_WIDE = ("hospital_district", "special_authority")
CODES = "configs/codes/municipalities.yaml"
SCHEMES = PROJECT_ROOT / "configs" / "schemes"


def profile_faults(profile: Profile) -> list[str]:
    """Everything wrong with a profile, section by section."""
    return [
        *_ids(profile),
        *_municipalities(profile),
        *_codes(profile),
        *_histories(profile),
        *_systems(profile),
        *_breaks(profile),
        *_schemes(profile),
        *(fault for one in profile.indicators for fault in _indicator(one)),
        *_source_lines(profile),
    ]


def _ids(profile: Profile) -> Iterator[str]:
    sections: dict[str, Iterable[str]] = {
        "municipality code": (one.code for one in profile.municipalities),
        "municipality": (one.name.fi for one in profile.municipalities),
        "legacy organisation": (one.id for one in profile.legacy_organisations),
        "system": (one.id for one in profile.systems),
        "scheme": (one.id for one in profile.schemes),
        "group": (one.id for one in profile.groups),
        "indicator": (one.id for one in profile.indicators),
    }
    for kind, words in sections.items():
        counted = Counter(words)
        yield from (
            f"the {kind} `{word}` is given {times} times; keep one." for word, times in counted.items() if times > 1
        )
        if not kind.startswith("municipality"):
            yield from (f"the {kind} `{word}` must be snake_case." for word in counted if not ID.fullmatch(word))


def _municipalities(profile: Profile) -> Iterator[str]:
    codes = {one.code for one in profile.municipalities}
    organisations = {one.id for one in profile.legacy_organisations}
    for one in profile.municipalities:
        if not MUNICIPALITY.fullmatch(one.code):
            yield f"`{one.code}` ({one.name.fi}) is no municipality code; write three digits in quotes, e.g. `'091'`."
        for word in one.legacy_orgs:
            if word not in organisations:
                yield f"{one.name.fi}: {unknown('legacy organisation', word, organisations)}"
        if (one.until is None) != (one.merged_into is None):
            yield f"{one.name.fi}: `until` and `merged_into` belong together; give both or neither."
        if one.merged_into is not None and one.merged_into not in codes - {one.code}:
            yield f"{one.name.fi}: {unknown('municipality in `merged_into`', one.merged_into, codes - {one.code})}"
        if one.until is not None and one.until <= profile.observed_from(one.code):
            yield f"{one.name.fi}: `until` {one.until} is not after the first day of its records."


def _codes(profile: Profile) -> Iterator[str]:
    """The code table's word on each code: that there is one, what it stands for, and when it ended."""
    table = {one.code: one for one in load_codes(CODES).codes}
    for one in profile.municipalities:
        known = table.get(one.code)
        if known is None:
            yield f"{one.name.fi}: the code {one.code} is not in {CODES}. Correct it, or add it there first."
        elif known.name.fi != one.name.fi:
            yield f"{one.name.fi}: the code {one.code} is that of {known.name.fi} in {CODES}. Correct one of them."
        elif (known.valid_to, known.becomes) != (one.until, one.merged_into):
            yield f"{one.name.fi}: {CODES} says `valid_to: {known.valid_to}, becomes: {known.becomes}`. Say the same."


def _histories(profile: Profile) -> Iterator[str]:
    named: tuple[History, ...] = (*profile.legacy_organisations, *profile.systems)
    for history in named:
        if history.history_start is None and not history.reason:
            yield f"`{history.id}` has no `history_start`; add `reason:` that says why it is not known."
    used = {word for one in profile.municipalities for word in one.legacy_orgs}
    for organisation in profile.legacy_organisations:
        if organisation.kind not in COUNTY_WIDE and organisation.id not in used:
            yield f"no municipality names the legacy organisation `{organisation.id}`; name it there or remove it."


def _systems(profile: Profile) -> Iterator[str]:
    codes = {one.code for one in profile.municipalities}
    for system in profile.systems:
        yield from (
            f"system `{system.id}`: {unknown('table', word, TABLES)}" for word in system.tables if word not in TABLES
        )
        if system.status == "pilot" and system.municipalities == ():
            yield f"system `{system.id}`: a pilot is not the whole county; list its municipalities, or write null."
        for code in system.municipalities or ():
            if code not in codes:
                yield f"system `{system.id}`: {unknown('municipality', code, codes)}"


def _breaks(profile: Profile) -> Iterator[str]:
    codes, systems = {one.code for one in profile.municipalities}, {one.id for one in profile.systems}
    for earlier, later in pairwise(profile.source_breaks):
        if later.date < earlier.date:
            yield f"the break of {later.date} stands after that of {earlier.date}; write the earliest first."
    for one in profile.source_breaks:
        shown = f"the break of {one.date}"
        yield from (
            f"{shown}: {unknown('municipality', code, codes)}" for code in one.municipalities if code not in codes
        )
        yield from (f"{shown}: {unknown('system', word, systems)}" for word in one.systems if word not in systems)


def _schemes(profile: Profile) -> Iterator[str]:
    there = {file.stem for file in SCHEMES.glob("*.yaml")}
    for scheme in profile.schemes:
        if scheme.status == "ready" and scheme.id not in there:
            yield f"{unknown('scheme', scheme.id, there)} A scheme without a file is `status: planned`."
        if scheme.status == "planned" and scheme.id in there:
            yield f"the scheme `{scheme.id}` has a file in configs/schemes; write `status: ready`."


def _indicator(one: Indicator) -> Iterator[str]:
    shown = f"indicator `{one.id}`"
    for field in one.needs:
        table, _, column = field.partition(".")
        if table not in TABLES:
            yield f"{shown}: {unknown('table in `needs`', table, TABLES)}"
        elif column not in TABLES[table].by_name:
            yield f"{shown}: {unknown(f'column of {table} in `needs`', column, TABLES[table].by_name)}"
    if not one.needs and not one.outside:
        yield f"{shown} needs fields under `needs`, or `outside:` that says what the data contract lacks."
    if one.unit in {"share", "per_client"} and one.denominator is None:
        yield f"{shown} is a {one.unit} and needs a `denominator`."
    if one.unit == "days" and one.clock is None:
        yield f"{shown} counts days; write `clock: calendar_days` or `clock: working_days`."
    for target in one.targets or ():
        if one.unit == "share" and target.direction != "change" and not 0 <= target.value <= 1:
            yield f"{shown}: a share lies between 0 and 1, the target is {target.value}; write e.g. 0.8."


def _source_lines(profile: Profile) -> Iterator[str]:
    sections = (profile.legacy_organisations, profile.systems, profile.schemes, profile.groups, profile.indicators)
    named = [(one.id, one.source) for section in sections for one in section]
    for name, source in (*named, *((str(one.date), one.source) for one in profile.source_breaks)):
        if not SOURCE_LINE.fullmatch(source):
            yield f"`{name}`: the source `{source}` is no line; write e.g. `seed_000 l.259` or `public: <where>`."
