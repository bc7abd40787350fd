"""The service hands the model what people answered: what the registers knew, and what is given by hand."""

from datetime import date
from types import SimpleNamespace

from models.segments.questionnaire import by_hand
from models.segments.scheme import load_scheme
from serving.engine.clients.case import RegisterCase
from tests.models.segments.test_questionnaire import AS_OF, row, table

SCHEME = load_scheme("configs/schemes/suuntima_like.yaml")


class ModelThatShowsItsAnswers:
    scheme = SCHEME

    def answer(self, row, stamp, answers=(), **_more):
        return answers


def test_the_model_gets_what_was_known_and_what_is_given_by_hand(monkeypatch):
    stamp = SimpleNamespace(as_of=AS_OF, data_until=date(2025, 3, 31))
    tables = {"segment_records": table(row("2025-03-31"), row("2025-04-01", axis1="low"))}  # the second: not known yet
    registers = SimpleNamespace(stamp=stamp, tables_of=lambda client: tables)
    chosen = SimpleNamespace(name="segmentation_suuntima_like", version="1", sha256="0" * 64)
    shelf = SimpleNamespace(get=lambda name: SimpleNamespace(model=ModelThatShowsItsAnswers(), chosen=chosen))
    settings = SimpleNamespace(models=SimpleNamespace(segmentation=chosen.name), channels=None)
    case = RegisterCase(registers, shelf, settings, "a" * 32, AS_OF)
    monkeypatch.setattr(case, "_row", lambda live: None)
    monkeypatch.setattr(case, "_newest", lambda live: {})
    given = case.segment((by_hand(SCHEME, "resources", "strong"),))
    assert [(one.axis, one.level, one.given) for one in given] == [
        ("complexity", "high", "recorded"),
        ("resources", "weak", "recorded"),
        ("resources", "strong", "by_hand"),
    ]
