"""The auditor's pages: versions, reports under their own policy, logs with filters and paging, the chain."""

import base64
import hashlib

import pytest

from serving.pages.language import language
from serving.pages.views.oversight import coded, report_policy
from tests.plans import covers
from tests.serving.pages.faked import asked
from tests.serving.pages.faked.services import REPORT, FakeServices
from tests.serving.pages.faked.visitor import FakeBrowser, words

tuula = asked.tuula


def test_the_live_version_is_marked_and_a_model_without_one_says_so(tuula: FakeBrowser) -> None:
    page = tuula.get("/models")
    said = words(page.text)
    assert said.count("Käytössä ") == 1
    assert "Mikään versio ei ole käytössä" in said
    assert "Erottelukyky (AUROC) 0,812" in said
    assert "/models/segmentation_suuntima_like/3/report" in page.text
    assert (
        "Yhtään mallia ei ole vielä rekisteröity."
        in FakeBrowser(FakeServices(empty=True), user="tuula").get("/models").text
    )


def test_X5_the_report_may_use_its_own_style_block_and_nothing_else(tuula: FakeBrowser) -> None:
    answer = tuula.get("/models/segmentation_suuntima_like/3/report")
    style = REPORT.split("<style>")[1].split("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = answer.headers["content-security-policy"]
    assert f"style-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy
    assert "script-src" not in policy  # none: falls back to default-src
    assert answer.text == REPORT


@pytest.mark.parametrize("kind, name", [("quality", "Rekisteritietojen laaturaportti"), ("feedback", "Palaute")])
def test_a_published_report_is_listed_when_it_is_there_and_runs_no_script(
    tuula: FakeBrowser, kind: str, name: str
) -> None:
    page = tuula.get("/models").text
    assert f'href="/models/published/{kind}"' in page
    assert name in words(page)
    assert "/models/published/" not in FakeBrowser(FakeServices(empty=True), user="tuula").get("/models").text
    answer = tuula.get(f"/models/published/{kind}")
    assert answer.headers["content-security-policy"] == report_policy(answer.text)
    assert "default-src 'none'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize("path", ["/models/published/fairness", "/models/published/other"])
def test_a_report_that_was_not_published_is_not_found(tuula: FakeBrowser, path: str) -> None:
    assert "/models/published/fairness" not in tuula.get("/models").text
    assert tuula.get(path).status_code == 404


def test_a_report_without_a_style_block_may_use_none() -> None:
    assert "style-src 'none'" in report_policy("<p style='color:red'>x</p>")


def test_the_papers_of_a_report_are_linked_and_given(tuula: FakeBrowser) -> None:
    page = tuula.get("/models")
    base = "/models/segmentation_suuntima_like/3/files"
    assert all(f'href="{base}/{kind}"' in page.text for kind in ("pdf", "json", "card"))
    paper = tuula.get(f"{base}/pdf")
    assert (paper.headers["content-type"], paper.content[:5]) == ("application/pdf", b"%PDF-")
    assert 'filename="audit_segmentation_suuntima_like_v3.pdf"' in paper.headers["content-disposition"]
    card = tuula.get(f"{base}/card")
    assert card.headers["content-security-policy"] == report_policy(card.text)
    assert [tuula.get(f"{base}/{kind}").status_code for kind in ("html5", "..%2f..%2fpasswd")] == [404, 404]
    assert FakeBrowser(user="aino").get(f"{base}/pdf").status_code in (403, 404)


@pytest.mark.parametrize(
    "path",
    ["/models/segmentation_suuntima_like/9/report", "/models/..%2f..%2fetc/passwd/report", "/models/x/%2e%2e/report"],
)
def test_W19_only_listed_reports_are_served(tuula: FakeBrowser, path: str) -> None:
    assert tuula.get(path).status_code == 404


@covers("001-H12")
def test_the_decision_log_names_codes_and_shows_free_text_as_text(tuula: FakeBrowser) -> None:
    html = tuula.get("/decisions").text
    said = words(html)
    assert "23.11.2026 09.41" in said
    assert "Valitsi toisen ryhmän" in said
    assert "Yhteistyöasiakkuus" in said
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html


def test_free_text_is_never_looked_up_among_the_texts() -> None:
    assert coded(language("fi"), "reason", "source") == "source"
    assert coded(language("fi"), "choice", "accept") == "Hyväksyi ehdotuksen"
    assert coded(language("fi"), "choice", "never_heard_of") == "never_heard_of"


def test_filters_reach_the_log_and_stay_in_the_paging(tuula: FakeBrowser) -> None:
    class Asked(FakeServices):
        asked: tuple[int, dict[str, str]] = (0, {})

        def audit_log(self, visitor, page, filters):  # type: ignore[no-untyped-def]
            self.asked = (page, dict(filters))
            return super().audit_log(visitor, page, filters)

    services = Asked()
    html = (
        FakeBrowser(services, user="tuula").get("/audit-log?event=answer&outcome=&from=2026-11-01&page=2&evil=1").text
    )
    assert services.asked == (2, {"event": "answer", "from": "2026-11-01"})
    assert "?event=answer&amp;from=2026-11-01&amp;page=3" in html
    assert '<option value="answer" selected>' in html


@pytest.mark.parametrize("asked, page", [("0", 1), ("-3", 1), ("x", 1), ("٣", 1), ("9999999999", 100000), ("4", 4)])
def test_an_unreadable_page_number_is_the_first_page(asked: str, page: int) -> None:
    class Asked(FakeServices):
        asked = 0

        def decision_log(self, visitor, page, filters):  # type: ignore[no-untyped-def]
            self.asked = page
            return super().decision_log(visitor, page, filters)

    services = Asked()
    FakeBrowser(services, user="tuula").get(f"/decisions?page={asked}")
    assert services.asked == page


@pytest.mark.parametrize(
    "intact, said",
    [(True, "Ketju on ehjä: 12 345 merkintää tarkistettu."), (False, "Ketju on katkennut merkinnästä 778 alkaen.")],
)
def test_the_state_of_the_chain_is_said_first(intact: bool, said: str) -> None:
    assert said in words(FakeBrowser(FakeServices(intact=intact), user="tuula").get("/audit-log").text)


def test_an_empty_log_says_so() -> None:
    assert (
        "Tällä rajauksella ei ole merkintöjä."
        in FakeBrowser(FakeServices(empty=True), user="tuula").get("/decisions").text
    )
