"""`python -m features.export_meds --config configs/export_meds.yaml`: the store as a MEDS data set."""

from collections.abc import Sequence

from configs.command import parse_config_path, run_command, say
from configs.loader import load_config
from features.exports.meds.dataset import export
from features.exports.meds.settings import ExportConfig

DEFAULT = "configs/export_meds.yaml"


def main(argv: Sequence[str] | None = None) -> int:
    """Export the store and say what was written."""
    path = parse_config_path(argv, "features.export_meds", "Write the store as a MEDS data set.", DEFAULT)
    return run_command(lambda: _run(path))


def _run(path: str) -> None:
    done = export(load_config(path, ExportConfig))
    say(f"{done.events:,} events of {done.subjects:,} subjects, {done.codes:,} codes, {done.labels:,} labels.")
    say("Clients under non-disclosure were left out.")
    say(f"MEDS data set: {done.folder}")


if __name__ == "__main__":
    raise SystemExit(main())
