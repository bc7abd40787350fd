"""The walls of the pages: who comes in, which forms are read, what every response carries, how failures look."""

import pytest

from configs.errors import ModelError
from serving.pages.page import local_path
from serving.pages.views.front import NAVIGATION
from tests.serving.pages.faked.services import FakeServices
from tests.serving.pages.faked.visitor import FakeBrowser, words

SIGNED_IN_PAGES = [
    "/clients",
    "/clients/h-answered",
    "/forecasts",
    "/forecasts/download",
    "/models",
    "/decisions",
    "/audit-log",
]


@pytest.mark.parametrize("path", SIGNED_IN_PAGES)
def test_without_a_session_every_page_leads_to_the_sign_in(path: str) -> None:
    answer = FakeBrowser().get(path)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")


@pytest.mark.parametrize(
    "user, first", [("aino", "/clients"), ("pekka", "/forecasts"), ("tuula", "/oversight"), (None, "/sign-in")]
)
def test_the_front_page_leads_to_the_roles_own_page(user: str | None, first: str) -> None:
    assert FakeBrowser(user=user).get("/").headers["location"] == first


def test_sign_in_says_that_it_is_for_development_and_sets_a_strict_cookie() -> None:
    visitor = FakeBrowser()
    page = visitor.get("/sign-in")
    assert "Tämä on kehityskäytön kirjautuminen." in page.text
    assert page.text.count('name="user"') == 5
    cookie = visitor.post("/sign-in", {"user": "aino"}, csrf=None).headers["set-cookie"]
    assert cookie.startswith("luotain_session=token-aino;")
    assert {"HttpOnly", "Path=/", "SameSite=strict"} <= {part.strip() for part in cookie.split(";")}


def test_without_development_users_nobody_is_offered_a_way_in() -> None:
    page = FakeBrowser(FakeServices(empty=True)).get("/sign-in")
    assert "<form" not in page.text.split("<main")[1]
    assert FakeBrowser().post("/sign-in", {"user": "root"}, csrf=None).status_code == 403


def test_sign_out_ends_the_session_cookie() -> None:
    answer = FakeBrowser(user="aino").post("/sign-out", {})
    assert answer.headers["location"] == "/sign-in"
    assert 'luotain_session=""' in answer.headers["set-cookie"]


@pytest.mark.parametrize(
    "headers,                                                   csrf",
    [
        ({"sec-fetch-site": "cross-site"}, "csrf-word"),
        ({"sec-fetch-site": "same-site"}, "csrf-word"),
        ({"sec-fetch-site": "none"}, "csrf-word"),
        ({"origin": "https://evil.example"}, "csrf-word"),
        ({"origin": "null"}, "csrf-word"),
        ({"authorization": "Bearer abc"}, "csrf-word"),
        ({}, "another-word"),
        ({}, ""),
        ({}, None),
    ],
)
def test_A25_a_form_from_elsewhere_or_without_its_token_is_refused(headers: dict[str, str], csrf: str | None) -> None:
    visitor = FakeBrowser(user="aino")
    form = {"choice": "accept", "reason": "x", "answer_id": "answer-1", "key": "k"}
    answer = visitor.post("/clients/h-answered/decision", form, headers=headers, csrf=csrf)
    assert answer.status_code == 403
    assert visitor.services.decisions == []


@pytest.mark.parametrize(
    "content_type, status",
    [("text/plain", 415), ("multipart/form-data; boundary=x", 415), ("application/json", 415), ("", 415)],
)
def test_W13_only_form_posts_are_read(content_type: str, status: int) -> None:
    answer = FakeBrowser(user="aino").post(
        "/clients/search", {"henkilotunnus": "x"}, headers={"content-type": content_type}
    )
    assert answer.status_code == status


def test_a_form_that_is_too_big_or_broken_is_refused() -> None:
    visitor = FakeBrowser(user="aino")
    assert visitor.post("/clients/search", {"henkilotunnus": "x" * 20_000}).status_code == 413
    assert visitor.post("/clients/search", {f"f{i}": "x" for i in range(60)}).status_code == 400


@pytest.mark.parametrize("path", ["/sign-in", "/clients", "/clients/h-answered", "/clients/nobody", "/nowhere"])
def test_X5_X6_X7_every_response_carries_its_security_headers(path: str) -> None:
    headers = FakeBrowser(user="aino").get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"


@pytest.mark.parametrize(
    "user, path",
    [("aino", p) for p in ("/clients", "/clients/h-answered", "/clients/h-single")]
    + [
        ("pekka", "/forecasts"),
        ("tuula", "/models"),
        ("tuula", "/decisions"),
        ("tuula", "/audit-log"),
        (None, "/sign-in"),
    ],
)
@pytest.mark.parametrize("code", ["fi", "sv", "en"])
def test_pages_have_no_inline_style_no_script_and_nothing_from_elsewhere(
    user: str | None, path: str, code: str
) -> None:
    page = FakeBrowser(user=user, language=code).get(path)
    assert page.status_code == 200
    assert f'<html lang="{code}">' in page.text
    for forbidden in ("style=", "<style", "<script", "javascript:", "//cdn", "https://"):
        assert forbidden not in page.text.replace("&lt;script", "")


def test_every_page_has_one_heading_landmarks_a_skip_link_and_labels() -> None:
    html = FakeBrowser(user="aino").get("/clients/h-answered").text
    assert html.count("<h1") == 1
    assert 'class="skip" href="#content"' in html
    for landmark in ("<header", "<main", "<footer", "<nav"):
        assert landmark in html
    for field in ("segment", "reason", "choice-accept", "choice-change", "choice-cannot_tell"):
        assert f'<label for="{field}"' in html


def test_W14_unknown_and_not_yours_are_one_and_the_same_page() -> None:
    visitor = FakeBrowser(user="aino")
    unknown, nowhere = visitor.get("/clients/other-unit"), visitor.get("/no/such/page")
    assert unknown.status_code == nowhere.status_code == 404
    assert unknown.text == nowhere.text
    assert "Sivua ei löytynyt" in unknown.text


def test_A32_an_auditor_has_no_client_page_and_a_planner_no_log() -> None:
    assert FakeBrowser(user="tuula").get("/clients/h-answered").status_code == 403
    assert FakeBrowser(user="pekka").get("/audit-log").status_code == 403


@pytest.mark.parametrize("user, path", [("aino", "/clients/h-answered"), ("pekka", "/forecasts"), ("tuula", "/models")])
def test_F1_F9_without_a_model_or_a_log_there_is_a_plain_503(user: str, path: str) -> None:
    answer = FakeBrowser(FakeServices(down=True), user=user).get(path)
    assert answer.status_code == 503
    assert "Vastausta ei voida nyt näyttää" in answer.text


def test_a_fault_of_a_model_is_a_503_and_any_other_fault_a_500_without_details() -> None:
    class Broken(FakeServices):
        fault: Exception = ModelError("bundle damaged: 010594Y9032")

        def clients(self, visitor, page, filters):  # type: ignore[no-untyped-def]
            raise self.fault

    services = Broken()
    answer = FakeBrowser(services, user="aino").get("/clients")
    assert (answer.status_code, "010594Y9032" in answer.text) == (503, False)
    services.fault = ValueError("010594Y9032")
    answer = FakeBrowser(services, user="aino").get("/clients")
    assert (answer.status_code, "010594Y9032" in answer.text) == (500, False)


def test_W11_a_wrong_method_is_refused() -> None:
    assert FakeBrowser(user="aino").get("/sign-out").status_code == 405
    assert FakeBrowser(user="aino").post("/clients", {}).status_code == 405


@pytest.mark.parametrize(
    "path", ["/static/../app.py", "/static/%2e%2e/app.py", "/static/%252e%252e/app.py", "/static//etc/passwd"]
)
def test_W19_static_files_stay_in_their_folder(path: str) -> None:
    assert FakeBrowser().get(path).status_code == 404


def test_the_style_sheet_asks_nothing_from_elsewhere() -> None:
    sheet = FakeBrowser().get("/static/luotain.css")
    assert sheet.status_code == 200
    assert "url(" not in sheet.text
    assert "@import" not in sheet.text


def test_the_language_is_remembered_and_leads_back() -> None:
    answer = FakeBrowser(user="aino").get("/language/sv?back=/clients?plan=none")
    assert answer.headers["location"] == "/clients?plan=none"
    assert "luotain_language=sv" in answer.headers["set-cookie"]
    assert "Klienter" in words(FakeBrowser(user="aino", language="sv").get("/clients").text)
    assert FakeBrowser().get("/language/xx").status_code == 404


@pytest.mark.parametrize(
    "back",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "/a\r\nSet-Cookie: x=1",
        "evil",
        "",
    ],
)
def test_X3_the_way_back_never_leaves_the_site(back: str) -> None:
    assert local_path(back) == "/"
    assert local_path("/clients/h-1?plan=none") == "/clients/h-1?plan=none"


def test_every_role_finds_only_its_own_pages_in_the_navigation() -> None:
    said = FakeBrowser(user="pekka").get("/forecasts").text
    assert 'href="/forecasts"' in said
    assert 'href="/clients"' not in said
    assert NAVIGATION["coordinator"] == ("clients", "reviews")
