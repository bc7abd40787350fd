"""Small tables for the cases of the definitions: requests, contacts, booked times, measurements, carers."""

from collections.abc import Mapping
from typing import Any

from tests.evaluation.services.indicator_rows import people, shown_rows

Tables = Mapping[str, Any]
Cases = dict[str, tuple[Tables, tuple[float, float, float]]]
"""Id of a definition → tables, and Σ num, Σ den, unjudged."""
TODAY = "2024-12-31"
TWO = people("a", "b")
THREE = people("a", "b", "c")


def requests(service: str, text: str) -> Tables:
    drawn = shown_rows(text, service=service)
    return {"residents": THREE, "requests": [{"request_id": str(n), **row} for n, row in enumerate(drawn)]}


def contacts(text: str, residents: Any = THREE, **same: Any) -> dict[str, Any]:
    return {"residents": residents, "contacts": shown_rows(text, **same)}


def slots(text: str) -> Tables:
    drawn = shown_rows(text, offered_at="2024-05-01", unit="terveysasema_901", profession="physician")
    return {"slots": [{"slot_id": f"s{n}", **row} for n, row in enumerate(drawn)]}


def waiting(service: str) -> Tables:
    """On 30.9. a has waited 10 days, b 5; c was served on the 28th."""
    return requests(
        service,
        """
        client_id requested_at started_at
        a         2024-09-20   -
        b         2024-09-25   -
        c         2024-09-01   2024-09-28
        """,
    )


def long_waiting(service: str) -> Tables:
    """On 30.9. a has waited 92 days, b 91."""
    return requests(service, "client_id requested_at\n a 2024-06-30\n b 2024-07-01")


def free(profession: str) -> Tables:
    """Looked at on Fridays 1, 8, 15, 22 and 29 November; the 6th of December is a day off."""
    days = ("2024-11-04", "2024-11-05", "2024-11-06", "2024-12-02", "2024-12-03", "2024-12-10")
    text = "slot_at profession\n" + "\n".join(f"{day} {profession}" for day in days)
    return slots(text)


def visited(profession: str) -> Tables:
    """a saw x three times and y once: (9 + 1 − 4) / (4 · 3); b too seldom; c always the same."""
    seen = [("a", "x")] * 3 + [("a", "y")] + [("b", "x")] * 2 + [("c", "x")] * 3
    text = "client_id time professional_id\n" + "\n".join(
        f"{client} 2024-0{1 + n % 8}-10 {who}" for n, (client, who) in enumerate(seen)
    )
    return contacts(text, profession=profession)


def measured(scale: str, within: float, outside: float) -> Tables:
    """a's newest value is within the target, an older one was not; b's is not."""
    text = f"client_id time value\n a 2024-03-01 {outside}\n a 2024-08-01 {within}\n b 2024-08-01 {outside}"
    diagnosed = shown_rows("client_id time code\n a 2022-01-01 E11\n b 2022-01-01 E10")
    return {"residents": TWO, "assessments": shown_rows(text, scale=scale), "diagnoses": diagnosed}


def unmeasured(scale: str) -> Tables:
    """Both have diabetes; a was measured in August, b more than a year ago."""
    drawn = shown_rows("client_id time value\n a 2024-08-01 1\n b 2023-08-01 1", scale=scale)
    return {**measured(scale, 1, 1), "assessments": drawn}


REMOTE = """
client_id time       channel   service    sector      status
a         2024-07-01 chat      gp_visit   primary     done
a         2024-07-02 in_person gp_visit   primary     done
b         2024-07-03 video     gp_visit   specialised done
b         2024-07-04 home      home_care  social      done
b         2024-07-05 letter    gp_visit   primary     no_show
c         2024-09-30 phone     gp_visit   primary     done
c         2024-10-01 chat      gp_visit   primary     done
"""
HOME_CARE = shown_rows("client_id start\n a 2024-01-01\n b 2024-01-01", kind="home_care_regular")
STAYS = shown_rows("client_id start end\n a 2024-06-28 2024-07-01\n b 2024-07-01 2024-07-06", kind="ward_stay")
DAILY = "client_id time\n" + "\n".join(
    [f"a 2024-11-{1 + n // 2:02d}+0{8 + n % 2}:00" for n in range(60)]
    + [f"b 2024-11-{1 + n // 2:02d}+0{8 + n % 2}:00" for n in range(59)]
)
CARERS = shown_rows("client_id valid_from valid_to\n a 2024-01-01 -\n b 2024-01-01 -\n c 2024-01-01 2024-09-30",
                    role="cared_for", other_kind="client", other_id="x")  # fmt: skip


def scale(name: str, instrument: str = "RAI-HC") -> Tables:
    """a's newest value of the last year is 3, b's 2; c's is older than a year."""
    text = "client_id time value\n a 2024-02-01 5\n a 2024-08-01 3\n b 2023-10-02 2\n c 2023-09-30 6\n a 2024-10-01 1"
    return {"residents": THREE, "assessments": shown_rows(text, scale=name, instrument=instrument)}


def carers(**tables: Any) -> Tables:
    """a and b care for somebody on the last day, c no more."""
    return {
        "residents": people("a", birth_year=1940) + people("b", "c", birth_year=1960),
        "relations": CARERS,
        **tables,
    }
