"""`python -m features.simulator --config configs/county/demo.yaml`: simulate a county and write its extracts."""

from collections.abc import Sequence

from configs.command import parse_config_path, run_command, say
from configs.workspace import Workspace
from features.simulator.county import simulate
from features.simulator.delivery.deliver import deliver, load_mappings, prepare_folder
from features.simulator.delivery.write import Written
from features.simulator.load import load_county
from features.simulator.settings import County


def main(argv: Sequence[str] | None = None) -> int:
    """Write the extracts and the truth, and show what was written."""
    path = parse_config_path(argv, "features.simulator", "Simulate a county.", "configs/county/demo.yaml")
    return run_command(lambda: _report(load_county(path), run(path)))


def run(path: str) -> list[Written]:
    """The step itself; the config is checked, and the folder made ready, before anything is simulated."""
    county = load_county(path)
    workspace = Workspace.of(county.var)
    mappings = load_mappings(county.sources)
    prepare_folder(workspace.extracts)
    return deliver(simulate(county), mappings, workspace)


def _report(county: County, written: list[Written]) -> None:
    say(f"Simulated county: {county.residents} residents, {county.start} to {county.end}, seed {county.seed}.")
    say(f"{'file':<24}{'rows':>10}{'planted faults':>16}")
    for one in written:
        say(f"{one.name:<24}{one.rows:>10}{sum(one.faults.values()):>16}")
    total, faults = sum(one.rows for one in written), sum(sum(one.faults.values()) for one in written)
    say(f"{'total':<24}{total:>10}{faults:>16}")


if __name__ == "__main__":
    raise SystemExit(main())
