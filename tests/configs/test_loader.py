"""The one loader names what is wrong, where, and what to type."""

from datetime import date
from pathlib import Path

import pytest

from configs.errors import ConfigError
from configs.loader import StrictConfig, load_config, read_yaml, resolve_path, var_folder


class Window(StrictConfig):
    days: int
    name: str = "w"


class Step(StrictConfig):
    var: str
    since: date
    windows: tuple[Window, ...] = ()
    rates: dict[int, float] = {}
    by_name: dict[str, Window] = {}


def written(folder: Path, text: str) -> Path:
    file = folder / "step.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_good_file_becomes_a_frozen_config(tmp_path: Path) -> None:
    text = "var: v\nsince: 2024-01-31\nwindows: [{days: 30}]\nrates: {2020: 0.23}\n"
    step = load_config(written(tmp_path, text), Step)
    assert (step.since, step.windows[0].days, step.rates) == (date(2024, 1, 31), 30, {2020: 0.23})
    with pytest.raises(ValueError, match="frozen"):
        step.var = "other"  # type: ignore[misc]


@pytest.mark.parametrize(
    "text, sentence",
    [
        ("vars: v\nsince: 2024-01-31\n", "unknown key `vars`. Did you mean `var`?"),
        ("since: 2024-01-31\n", "the key `var` is missing"),
        ("var: v\nsince: 2024-01-31\nwindows: [{dayz: 3}]\n", "Did you mean `days`?"),
        ("var: v\nsince: 2024-01-31\nby_name: {a: {days: 3, nmae: x}}\n", "Did you mean `name`?"),
        ("var: v\nsince: 2024-01-31\nwindows: [{days: '30'}]\n", "`windows.0.days`"),
        ("var: 7\nsince: 2024-01-31\n", "`var`"),
        ("var: v\nvar: w\nsince: 2024-01-31\n", "`var` is given twice (line 2)"),
        ("- a\n- b\n", "found a list"),
        ("", "found nothing"),
        ("var: [\n", "not valid YAML"),
        ("var: v\nsince: 31.1.2024\n", "`since`"),
    ],
)
def test_each_fault_is_one_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(written(tmp_path, text), Step)
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


def test_all_faults_are_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(written(tmp_path, "vra: v\n"), Step)
    message = str(caught.value)
    assert "`vra`" in message
    assert "`var` is missing" in message
    assert "`since` is missing" in message


def test_a_missing_file_names_the_nearest_one(tmp_path: Path) -> None:
    written(tmp_path, "var: v\n")
    with pytest.raises(ConfigError, match=r"Did you mean .*step\.yaml"):
        read_yaml(tmp_path / "stp.yaml")


def test_a_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "latin.yaml"
    file.write_bytes("var: Hämeenlinna\n".encode("latin-1"))
    with pytest.raises(ConfigError, match="not UTF-8"):
        read_yaml(file)


def test_a_folder_is_not_a_config(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is a folder"):
        read_yaml(tmp_path)


def test_paths_are_found_from_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert resolve_path("configs/loader.py").is_file()


def test_the_environment_takes_the_place_of_var(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LUOTAIN_VAR", str(tmp_path))
    assert var_folder("var") == tmp_path
    assert var_folder("var/real") == tmp_path / "real"
    monkeypatch.delenv("LUOTAIN_VAR")
    assert var_folder("var/real").parts[-2:] == ("var", "real")
