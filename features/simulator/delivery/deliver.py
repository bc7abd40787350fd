"""Deliver the registers as files: one extract per mapping YAML, the name directory, and the truth beside them."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

from configs.errors import ConfigError, DataError
from configs.loader import resolve_path
from configs.workspace import Workspace
from features.simulator.county import Simulated
from features.simulator.delivery.faults import plant_faults
from features.simulator.delivery.truth_files import write_truth
from features.simulator.delivery.write import Written, csv_bytes, file_table, write_extract
from features.sources.mapping import SourceMapping, load_mapping

STAMP = "simulated.json"
"""Lies in an extracts folder that the simulator made; a folder without it is never overwritten."""


def load_mappings(folder: str) -> dict[str, SourceMapping]:
    """The mapping of every extract, by file stem, in alphabetical order."""
    found = {file.stem: load_mapping(str(file)) for file in sorted(resolve_path(folder).glob("*.yaml"))}
    if not found:
        raise ConfigError(
            f"The folder {folder} holds no mapping file. Give the folder of the sources under `sources:`."
        )
    return {stem: mapping for stem, mapping in found.items() if mapping.table != "decisions"}


def deliver(made: Simulated, mappings: dict[str, SourceMapping], workspace: Workspace) -> list[Written]:
    """Write everything; a file is complete only when its marker stands beside it."""
    extracts = prepare_folder(workspace.extracts)
    written = []
    for stream, (stem, mapping) in enumerate(tqdm(mappings.items(), desc="extracts", leave=False, disable=None)):
        frame = _rows_of(made, stem)
        data = csv_bytes(file_table(frame, mapping, made.people.identifier), mapping)
        spoiled = plant_faults(data, mapping, made.county, stream)
        covers = made.county.end.isoformat()
        written.append(write_extract(extracts, mapping, spoiled.data, spoiled.rows, spoiled.counts, covers))
    _write_directory(extracts, made)
    write_truth(workspace.truth, made, written)
    stamp = {"seed": made.county.seed, "residents": made.county.residents}
    (extracts / STAMP).write_text(json.dumps(stamp) + "\n")
    return written


def prepare_folder(extracts: Path) -> Path:
    """An empty folder; refuses one that holds files which no simulator made."""
    if extracts.is_dir() and any(extracts.iterdir()):
        if not (extracts / STAMP).is_file():
            raise DataError(
                f"The folder {extracts.name} holds extracts that were not simulated, and they are not overwritten; "
                "move them away, or name another folder with LUOTAIN_VAR=<folder>."
            )
        for old in extracts.iterdir():
            if old.is_file():
                old.unlink()
    extracts.mkdir(parents=True, exist_ok=True)
    (extracts / STAMP).write_text("{}\n")
    return extracts


def _rows_of(made: Simulated, stem: str) -> pd.DataFrame:
    """The rows of one file: of one recording instance (`_a`, `_b`), or all."""
    name, _, instance = stem.partition("_")
    if name not in made.registers:
        raise ConfigError(f"The simulator makes no register `{name}`. Allowed: {', '.join(sorted(made.registers))}.")
    frame = made.registers[name]
    if not instance:
        return frame.assign(legacy_org=frame.get("legacy_org", "county"))
    return frame[(frame["instance"] == "ab".index(instance)).to_numpy()]


def _write_directory(extracts: Path, made: Simulated) -> None:
    """Names for the pages: fictional, by henkilötunnus."""
    years = made.people.birth.astype("datetime64[Y]").astype(np.int64) + 1970
    frame = pd.DataFrame({"henkilotunnus": made.people.identifier, "name": made.people.name, "birth_year": years})
    frame.to_csv(extracts / "directory.csv", index=False)
