"""No English under a Finnish or Swedish heading: every fault has a code, and every code a sentence in each language."""

import ast
import json
import re
from collections.abc import Iterator
from functools import cache
from io import BytesIO

import pytest
from openpyxl import Workbook

from configs.errors import ConfigError, DataError, GateError, LuotainError, ModelError
from configs.loader import PROJECT_ROOT
from configs.phrases import Phrase
from models.exchange import workbook
from models.planning.sheets.scenarios_in import scenario_template
from serving.pages.format import Format
from serving.pages.language import language
from serving.pages.planner.saying import sentence, words
from serving.planning import sheets
from serving.planning.sheet_child import answer
from tests.serving.pages.faked.visitor import FakeBrowser
from tests.serving.pages.faked.visitor import words as text_of

ENGLISH = re.compile(r"\b(the|is|are|not|must|with|found|allowed|write|choose|needs|than|sheet has|at most)\b", re.I)
FAULTS = {"DataError", "ConfigError", "ModelError", "LuotainError", "WrongInput", "ValueError"}
TOLD = [
    *("models/planning", "models/exchange.py", "models/workbook_checks.py", "models/demand/sheet_default"),
    *("models/flow/whatif.py", "serving/planning"),
]
"""What a planner's page may repeat to its reader."""
BY_CODE = ("several", "plain")
"""Phrases that hold other phrases and have no text of their own."""
CONFIG_ONLY = {"config.py": "the files of a county are checked when the service starts"}
FORM = {"name": "Kasvu", "base_year": "2024", "year": "2026", "growth_85plus": "12", "key": "k-1"}
SERIES = {"model": "", "series_id": "Länsi|total|visits", "key": "k1", "reason": "Talo avataan."}


@cache
def parsed(text: str) -> ast.AST:
    return ast.parse(text)


def trees(*places: str) -> Iterator[tuple[str, ast.AST]]:
    for place in places:
        root = PROJECT_ROOT / place
        for file in sorted(root.rglob("*.py") if root.is_dir() else [root]):
            text = file.read_text(encoding="utf-8")
            if "Phrase(" in text or "raise " in text:
                yield file.relative_to(PROJECT_ROOT).as_posix(), parsed(text)


@cache
def phrases() -> tuple[tuple[str, set[str]], ...]:
    """The code and the fields of every phrase written in the source."""
    return tuple(one for _, tree in trees("configs", "models", "features/panel", "serving") for one in told_in(tree))


def told_in(tree: ast.AST) -> Iterator[tuple[str, set[str]]]:
    for call in ast.walk(tree):
        named = isinstance(call, ast.Call) and getattr(call.func, "id", "") == "Phrase" and len(call.args) > 1
        if named and isinstance(call.args[1], ast.Constant):  # type: ignore[attr-defined]
            code = str(call.args[1].value)  # type: ignore[attr-defined]
            yield code, {one.arg or "**" for one in call.keywords}  # type: ignore[attr-defined]


def test_every_fault_that_a_page_may_show_has_a_code() -> None:
    plain = []
    for file, tree in trees(*TOLD):
        for one in ast.walk(tree):
            if not isinstance(one, ast.Raise) or not isinstance(one.exc, ast.Call) or file.endswith("config.py"):
                continue
            name, given = getattr(one.exc.func, "id", ""), one.exc.args
            if name in FAULTS and given and isinstance(given[0], ast.Constant | ast.JoinedStr | ast.BinOp):
                plain.append(f"{file}:{one.lineno}")
    assert [place for place in plain if "exchange.py" not in place] == []
    assert len(plain) == 1  # `Formula` of our own code, which no visitor writes


@pytest.mark.parametrize("code", ["fi", "sv", "en"])
def test_every_code_has_a_sentence_that_fills_only_what_the_fault_tells(code: str) -> None:
    found, told = list(phrases()), language(code)
    assert len(found) > 90
    for name, fields in found:
        if name in BY_CODE:
            continue
        text = told.translations.gettext(name if "." in name else f"why.{name}")
        assert not text.startswith("why."), name
        assert "**" in fields or set(re.findall(r"\{(\w+)\}", text)) <= fields, name


def test_every_sentence_by_code_is_the_code_of_a_fault() -> None:
    written = {f"why.{name}" for name, _ in phrases()}
    made = {"why.other", "why.title", "why.lead", *(f"why.value_{one}" for one in ("ge", "gt", "le", "lt"))}
    made |= {f"why.period.{one}" for one in ("day", "week", "month")}
    known = {str(key) for key in language("fi").translations._catalog if str(key).startswith("why.")}
    assert known - written - made == set()


def format_of(code: str) -> Format:
    return Format(language(code))


@pytest.mark.parametrize(
    "said, fi",
    [
        (Phrase("x", "file_large", size=2_000_001, most=2_000_000), "Tiedostossa on 2 000 001 tavua; enintään"),
        (Phrase("x", "at", where="teams.0.work.absence", why=Phrase("x", "share")), "Poissaolojen osuus: osuus on 0–1"),
        (Phrase("x", "several", faults=(Phrase("x", "share"), Phrase("x", "suitable"))), "kirjoita 0,2, jos tarkoitat"),
        (Phrase("x", "year_early", year="2020", base="2024"), "Vuosi 2020 ei ole perusvuoden 2024 jälkeen."),
        ("An English sentence without a code.", "Syytä ei voi kertoa tällä kielellä."),
    ],
)
def test_a_phrase_is_said_in_the_readers_language(said: str, fi: str) -> None:
    assert fi in sentence(said, format_of("fi")).replace("\u00a0", " ")
    assert not ENGLISH.search(sentence(said, format_of("sv")))


def test_a_value_from_a_sheet_is_shown_as_it_stands() -> None:
    assert words("`kolme`", format_of("sv")) == "`kolme`"


def xlsx(*rows: tuple[object, ...]) -> bytes:
    book, saved = Workbook(), BytesIO()
    assert book.active is not None
    for row in rows:
        book.active.append(row)
    book.save(saved)
    return saved.getvalue()


def csv(*rows: str) -> bytes:
    return "\n".join(rows).encode()


def weeks(name: str, values: list[object], start: int = 1) -> list[str]:
    return [f"{name},2024-{1 + (start + n) // 28:02d}-{1 + (start + n) % 28:02d},{y}" for n, y in enumerate(values)]


HEAD = "unique_id,ds,y"
SHEETS = [
    ("/forecasts/upload", "tyhja.csv", b""),
    ("/forecasts/upload", "kuva.pdf", b"%PDF-1.7"),
    ("/forecasts/upload", "rikki.xlsx", b"PK\x03\x04 not a zip"),
    ("/forecasts/upload", "latin.csv", "unique_id,ds,y\nä,1,2".encode("latin-1")),
    ("/forecasts/upload", "vaara.csv", b"id;paiva\n1;2"),
    ("/forecasts/upload", "kaava.xlsx", xlsx(("unique_id", "ds", "y"), ("a", "2024-01-01", "=1+1"))),
    ("/forecasts/upload", "otsikko.csv", csv(HEAD)),
    ("/forecasts/upload", "yksi.csv", csv(HEAD, "a,2024-01-01,3")),
    ("/forecasts/upload", "rytmi.csv", csv(HEAD, *(f"a,20{20 + n}-01-01,3" for n in range(5)))),
    ("/forecasts/upload", "lyhyt.csv", csv(HEAD, *weeks("a", [1, 2, 3, 4]))),
    ("/forecasts/upload", "miinus.csv", csv(HEAD, *weeks("a", [1, -2, 3, 4]))),
    ("/forecasts/upload", "kahdesti.csv", csv(HEAD, *weeks("a", [1, 2, 3]), "a,2024-01-02,7")),
    ("/forecasts/upload", "tulossa.csv", csv(HEAD, *weeks("a", [1, 2, 3]), "a,2031-01-02,7")),
    ("/scenarios/upload", "pohja.xlsx", workbook(scenario_template())),
    ("/scenarios/upload", "s.csv", b"sheet,idd\nscenario,x"),
    ("/scenarios/upload", "s2.csv", csv("sheet,id,name_fi,base_year,ages,year,growth", "scenario,x,X,2024")),
    (
        "/scenarios/upload",
        "s3.csv",
        csv(
            "sheet,id,name_fi,base_year,ages,year,growth",
            "scenario,x,X,2024,,,",
            "population,,,,seventy,2020,paljon",
            "populaton,,,,75plus,2026,0.1",
        ),
    ),
    (
        "/scenarios/upload",
        "s4.csv",
        csv(
            "sheet,id,name_fi,base_year,kind,unit,starts",
            "scenario,x,X,2024,,,",
            "supply,,,,closing,area=Pohjoinen,2025-01-20",
        ),
    ),
    ("/forecasts/overrides/upload", "o.csv", b"series_id,ds,value\nx,2025-01-13,monta"),
    ("/forecasts/overrides/upload", "o2.csv", csv("series_id,ds,value,reason", "x,2025-01-13,5,syy")),
    ("/forecasts/overrides/upload", "o3.csv", csv("series_id,ds,value", "Itä|visits|total,2031-01-13,-5")),
]


@pytest.mark.parametrize("code", ["fi", "sv"])
def test_no_english_sentence_answers_a_bad_sheet(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "_ask_child", lambda kind, content: json.loads(json.dumps(answer(kind, content))))
    pekka = FakeBrowser(user="pekka", language=code)
    for path, name, content in SHEETS:
        page = pekka.send(path, content, name, SERIES)
        assert page.status_code == 400, (name, text_of(page.text))
        check(page.text, name)


def check(page: str, name: object) -> None:
    box = re.search(r'<div class="notice error".*?</div>\s*\n(?!\s*<div class="scroll")', page, re.S)
    told = text_of(box[0] if box else page)
    assert box is not None, name
    assert not ENGLISH.search(told), (name, told)
    assert 'lang="en"' not in page.split("<main")[1], name


FORMS = [
    ("/scenarios/new", {**FORM, "name": ""}),
    ("/scenarios/new", {**FORM, "name": "Matti 010594Y9032"}),
    ("/scenarios/new", {**FORM, "growth_85plus": "paljon"}),
    ("/scenarios/new", {**FORM, "growth_85plus": ""}),
    ("/scenarios/new", {**FORM, "year": "2020"}),
    ("/scenarios/new", {**FORM, "early_share": "10", "early_starts": "2031-01-01"}),
    ("/scenarios/new", {**FORM, "supply_unit": "Pohjoinen", "supply_starts": "2025-01-20"}),
    ("/forecasts/overrides", {**SERIES, "period": "2031-01-06", "value": "1"}),
    ("/forecasts/overrides", {**SERIES, "period": "2025-01-13", "value": "-1"}),
    ("/staffing?n.teams.0.work.absence=2", None),
    ("/staffing?n.teams.0.work.direct=0", None),
    ("/staffing?n.queues.0.handling_seconds=0", None),
    ("/staffing?n.queues.1.concurrency=1,5", None),
    ("/staffing?n.contacts.0=99999999999", None),
    ("/staffing/channels?n.groups.minor_illness.digitally_excluded=2", None),
    ("/staffing/channels?n.channels.phone.minutes=-1", None),
    ("/flow?stage=decision", None),
]


@pytest.mark.parametrize("code", ["fi", "sv"])
@pytest.mark.parametrize("path, form", FORMS)
def test_no_english_sentence_answers_a_bad_form(code: str, path: str, form: dict[str, str] | None) -> None:
    pekka = FakeBrowser(user="pekka", language=code)
    page = pekka.get(path) if form is None else pekka.post(path, form)
    assert page.status_code == (200 if form is None else 400), text_of(page.text)
    main = text_of(page.text.split("<main")[1])
    assert 'class="notice error"' in page.text
    assert not ENGLISH.search(main), ENGLISH.search(main)


@pytest.mark.parametrize("code", ["fi", "sv"])
@pytest.mark.parametrize("path", ["/staffing", "/staffing/channels", "/scenarios", "/scenarios/new", "/forecasts"])
def test_no_english_word_stands_on_a_page(code: str, path: str) -> None:
    main = text_of(FakeBrowser(user="pekka", language=code).get(path).text.split("<main")[1])
    assert not ENGLISH.search(main), ENGLISH.search(main)


def test_the_family_of_faults_carries_phrases() -> None:
    for kind in (DataError, ConfigError, ModelError, GateError, LuotainError):
        assert isinstance(kind(Phrase("It is so.", "share")).args[0], Phrase)
