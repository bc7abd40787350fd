"""Every measured definition of configs/indicators.yaml on a few drawn rows: Σ num, Σ den, unjudged, known by hand.

As of 31.12.2024 with 28 days of lag the latest quarter is July-September and the latest month November.
"""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.evaluation.services.indicator_rows import parts_of, people, shown_rows, whole
from tests.plans import covers

Tables = Mapping[str, Any]
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


CASES: dict[str, tuple[Tables, tuple[float, float, float]]] = {
    "access_7d_visits": (
        slots("""
            taken_at   slot_at    profession
            2024-07-01 2024-07-08 physician
            2024-07-01 2024-07-09 nurse
            2024-07-01 2024-07-02 physiotherapist
            -          2024-07-02 physician
            2024-06-29 2024-06-30 physician
            """),
        (1, 2, 0),
    ),
    "access_7d_centres": (
        slots("""
            taken_at   slot_at    unit
            2024-07-01 2024-07-02 terveysasema_901
            2024-07-01 2024-07-03 terveysasema_901
            2024-07-01 2024-07-04 terveysasema_901
            2024-07-01 2024-07-05 terveysasema_901
            2024-07-01 2024-07-20 terveysasema_901
            2024-07-01 2024-07-02 terveysasema_902
            2024-07-01 2024-07-20 terveysasema_902
            """),
        (1, 2, 0),  # 4 of 5 reach .8, 1 of 2 does not
    ),
    **{
        f"rai_{name.lower()}": (scale(name), (3 + 2, 2, 0)) for name in ("ADLH", "IADL", "CPS", "DRS", "CHESS", "MAPLe")
    },
    "carer_age_75_share": (carers(), (1, 2, 0)),
    "carer_emergency_share": (
        carers(contacts=shown_rows("client_id time\n a 2023-11-01\n b 2023-09-30\n c 2024-08-01", urgency="emergency")),
        (1, 2, 0),
    ),
    "carer_leave_share": (
        {
            "residents": THREE,
            "episodes": shown_rows("client_id start\n a 2023-01-01\n b 2023-01-01", kind="informal_care_support")
            + shown_rows("client_id start end\n a 2024-03-01 2024-03-04", kind="informal_care_leave"),
        },
        (1, 2, 0),
    ),
    "carer_strain_share": (
        carers(
            assessments=shown_rows(
                "client_id time value\n a 2024-08-01 50\n b 2024-08-01 49\n c 2024-08-01 90",
                instrument="COPE",
                scale="strain",
            )
        ),
        (1, 2, 0),
    ),
    "carer_quality_of_life_share": (
        carers(
            assessments=shown_rows(
                "client_id time value\n a 2024-02-01 4\n a 2024-08-01 11\n b 2024-08-01 10",
                instrument="ASCOT-C",
                scale="total",
            )
        ),
        (1, 2, 0),
    ),
    "recorded_segmentations": (
        {
            "residents": THREE,
            "segment_records": shown_rows(
                """
                client_id time       scheme
                a         2024-07-01 suuntima_like
                a         2024-08-01 suuntima_like_social
                b         2024-09-30 suuntima_like_social
                c         2024-10-01 suuntima_like
                """
            ),
        },
        (2, 2, 0),
    ),
    "access_7d_service_lines": (
        requests(
            "referral",
            """
            client_id requested_at started_at
            a         2024-07-01   2024-07-08
            b         2024-07-01   2024-07-09
            c         2024-07-01   -
            """,
        ),
        (1, 3, 0),
    ),
    "access_7d_from_assessment": (
        requests(
            "primary_care_request",
            """
            client_id requested_at assessed_at started_at ended_at
            a         2024-06-01   2024-07-01  2024-07-08 -
            b         2024-06-01   2024-07-01  2024-07-09 -
            c         2024-06-01   2024-07-05  -          -
            c         2024-06-02   2024-07-05  -          2024-07-06
            """,
        ),
        (1, 3, 0),  # the third is late, the fourth was withdrawn in time
    ),
    "access_7d_waiting_persons": (waiting("primary_care_request"), (1, 2, 0)),
    "access_followed_centres": (
        slots("""
            offered_at slot_at    unit
            2024-09-30 2024-10-05 terveysasema_901
            2024-09-23 2024-10-05 terveysasema_902
            """),
        (1, 2, 0),
    ),
    "t3_physician": (free("physician"), (3 + 21 + 16 + 11 + 6, 5, 0)),
    "t3_nurse": (free("nurse"), (3 + 21 + 16 + 11 + 6, 5, 0)),
    "t3_physiotherapist": (free("physiotherapist"), (3 + 21 + 16 + 11 + 6, 5, 0)),
    "first_free_physician": (free("physician"), (1 + 16 + 11 + 6 + 1, 5, 0)),
    "oral_health_3_months": (
        requests(
            "oral_health_request",
            "client_id requested_at started_at\n a 2024-07-10 2024-10-10\n b 2024-07-10 2024-10-11",
        ),
        (1, 2, 0),
    ),
    "family_social_7d": (
        requests(
            "family_social_request",
            "client_id requested_at assessed_at\n a 2024-07-01 2024-07-08\n b 2024-07-01 2024-07-09",
        ),
        (1, 2, 0),
    ),
    "youth_psychiatry_over_90d": (long_waiting("youth_psychiatry_referral"), (2, 2, 0)),
    "child_psychiatry_over_90d": (long_waiting("child_psychiatry_referral"), (2, 2, 0)),
    "needs_assessment_start_days": (
        requests(
            "service_need_assessment",
            """
            client_id requested_at assessed_at
            a         2024-07-01   2024-07-11
            b         2024-07-01   2024-07-05
            c         2024-07-10   2024-07-09
            """,
        ),
        (10 + 4, 2, 1),  # nobody is assessed before asking
    ),
    "needs_assessment_over_7wd_share": (
        requests(
            "service_need_assessment",
            """
            client_id requested_at assessed_at
            a         2024-07-01   2024-07-10
            b         2024-07-01   2024-07-11
            c         2024-09-30   -
            """,
        ),
        (2, 3, 0),  # 7 working days, 8, and due
    ),
    "decision_implementation_days": (
        requests(
            "home_care_request", "client_id requested_at assessed_at started_at\n a 2024-06-01 2024-06-20 2024-07-01"
        ),
        (11, 1, 0),
    ),
    "decision_implementation_over_3mo_share": (
        requests(
            "service_need_assessment",
            """
            client_id requested_at assessed_at started_at
            a         2024-06-01   2024-07-01  2024-10-02
            b         2024-06-01   2024-07-01  2024-10-01
            """,
        ),
        (1, 2, 0),
    ),
    "rehabilitation_waiting_over_7d": (waiting("rehabilitation_request"), (1, 2, 0)),
    "social_rehabilitation_queue": (waiting("psychiatric_nurse_request"), (2, 2, 0)),
    "remote_contact_share": (contacts(REMOTE), (2, 4, 0)),
    "remote_share_without_phone": (contacts(REMOTE), (2, 4, 0)),
    "remote_share_with_phone": (contacts(REMOTE), (3, 4, 0)),
    "followed_up_in_person": (contacts(REMOTE), (2, 3, 0)),
    "followed_up_by_phone": (contacts(REMOTE), (1, 3, 0)),
    "followed_up_digitally": (contacts(REMOTE), (2, 3, 0)),
    "coci_primary": (visited("physician"), (0.5 + 1, 2, 0)),
    "coci_physician": (visited("physician"), (0.5 + 1, 2, 0)),
    "coci_nurse": (visited("nurse"), (0.5 + 1, 2, 0)),
    "contacts_and_visits": (
        contacts("""
            client_id time       status
            a         2024-11-01 done
            a         2024-11-30 done
            b         2024-11-02 no_show
            b         2024-12-01 done
            """),
        (2, 2, 0),
    ),
    "visits_per_client": (
        contacts("""
            client_id time       service
            a         2024-11-01 gp_visit
            a         2024-11-02 gp_visit
            a         2024-11-03 gp_visit
            b         2024-11-04 gp_visit
            c         2024-11-04 home_care
            """),
        (3 + 1, 2, 0),
    ),
    "repeat_contact_share": (
        contacts("""
            client_id time       reason
            a         2024-11-01 K
            a         2024-11-15 K
            a         2024-11-16 P
            b         2024-11-01 K
            b         2024-11-16 K
            c         2024-10-25 K
            c         2024-11-05 K
            c         2024-11-06 -
            """),
        (2, 6, 1),  # 14 days and 11 days; 15 days and another reason are none; one has no reason
    ),
    "emergency_return_share": (
        contacts(
            """
            client_id time
            a         2024-06-20
            a         2024-07-15
            b         2024-07-01
            b         2024-08-15
            """,
            service="emergency_visit",
        ),
        (1, 3, 0),
    ),
    "reason_recorded_share": (
        contacts("client_id time reason\n a 2024-07-01 K\n a 2024-07-02 -\n b 2024-07-01 -"),
        (1, 2, 0),
    ),
    "client_plan_share": (
        {
            "residents": THREE,
            "episodes": [*HOME_CARE, {"client_id": "c", "start": "2024-01-01", "end": "2024-09-30"}],
            "plans": shown_rows(
                "client_id valid_from valid_to\n a 2024-01-01 -\n b 2024-01-01 2024-09-01", kind="client_plan"
            ),
        },
        (1, 2, 0),
    ),
    "care_plan_share": (
        {
            "residents": THREE,
            "diagnoses": shown_rows("client_id time code\n a 2021-01-01 E11.9\n b 2021-01-01 I10\n c 2021-01-01 J06"),
            "plans": shown_rows("client_id valid_from\n a 2024-01-01\n c 2024-01-01"),
        },
        (1, 2, 0),
    ),
    "both_plans_share": (
        {
            "residents": THREE,
            "contacts": shown_rows("""
                client_id time       sector
                a         2024-07-01 social
                a         2024-07-01 primary
                b         2024-07-01 social
                b         2024-07-01 primary
                c         2024-07-01 primary
                """),
            "plans": shown_rows("""
                client_id valid_from kind
                a         2024-01-01 care_plan
                a         2024-01-01 client_plan
                b         2024-01-01 care_plan
                """),
        },
        (1, 2, 0),
    ),
    "home_care_intensive_share": (
        {**contacts(DAILY, [*TWO, *people("c", birth_year=1980)], service="home_care"), "episodes": HOME_CARE},
        (1, 2, 0),  # 60 visits and 59
    ),
    "home_care_light_share": (
        {
            "residents": [*TWO, *people("c", birth_year=1980)],
            "episodes": shown_rows(
                "client_id start intensity\n a 2024-01-01 light\n b 2024-01-01 regular\n c 2024-01-01 light"
            ),
        },
        (1, 2, 0),
    ),
    "memory_home_care_share": (
        {
            "residents": TWO,
            "diagnoses": shown_rows("client_id time code\n a 2021-01-01 G30\n b 2021-01-01 F03"),
            "episodes": HOME_CARE[:1],
        },
        (1, 2, 0),
    ),
    "informal_care_75_share": (
        {
            "residents": [*TWO, *people("c", birth_year=1950)],
            "episodes": [{"client_id": "a", "start": "2024-01-01", "kind": "informal_care_support"}],
        },
        (1, 2, 0),
    ),
    "home_care_annual_check_share": (
        {
            **contacts(
                "client_id time\n a 2023-10-05\n b 2023-09-20",
                [*TWO, *people("c", history_start="2024-01-01")],
                profession="physician",
            ),
            "episodes": [*HOME_CARE, {"client_id": "c", "start": "2024-02-01"}],
        },
        (1, 2, 1),  # c has been observed for less than a year: unknown, not "no"
    ),
    "reached_informal_carers": (
        {
            "residents": THREE,
            "relations": shown_rows(
                "client_id valid_from\n a 2024-07-01\n b 2024-09-30\n c 2024-06-30",
                role="informal_carer",
                other_kind="client",
                other_id="x",
            ),
        },
        (2, 2, 0),
    ),
    "visible_debt_count": (long_waiting("referral"), (1, 2, 0)),
    "visible_debt_share": (long_waiting("referral"), (1, 2, 0)),
    "latent_debt_primary": (contacts("client_id time\n a 2024-07-01\n a 2024-09-30\n b 2024-10-01", TWO), (2, 2, 0)),
    "latent_debt_oral": (contacts("client_id time\n a 2024-07-01", TWO, service="oral_health"), (1, 2, 0)),
    "residents_65_without_event_share": (
        {
            **contacts("client_id time\n a 2024-07-01\n b 2023-09-01", [*THREE, *people("d", birth_year=1980)]),
            "episodes": [{"client_id": "c", "start": "2022-01-01"}],
        },
        (1, 3, 0),  # b's contact is too old; c's service still goes on; d is young
    ),
    "digital_clinic_contacts": (
        contacts("client_id time\n a 2024-07-01\n a 2024-09-30\n b 2024-10-01", service="digital_clinic"),
        (2, 2, 0),
    ),
    "digital_coverage_share": (
        contacts("client_id time\n a 2024-01-01\n b 2023-09-01", TWO, channel="chat"),
        (1, 2, 0),
    ),
    "remote_reception_growth": (contacts("client_id time\n a 2024-07-01\n b 2024-07-01", channel="video"), (2, 2, 0)),
    "remote_reception_units_share": (
        contacts("""
            client_id time       channel   unit
            a         2024-09-01 video     terveysasema_901
            b         2024-09-01 in_person terveysasema_902
            b         2024-09-01 video     keskussairaala
            """),
        (1, 2, 0),
    ),
    "digital_pathway_share": (
        {
            "residents": TWO,
            "episodes": shown_rows("client_id start kind\n a 2024-01-01 pathway_digital\n b 2024-01-01 pathway"),
        },
        (1, 2, 0),
    ),
    "navigator_use_count": (
        {
            "residents": TWO,
            "assessments": shown_rows("client_id time\n a 2024-07-01\n b 2024-09-30", instrument="Terapianavigaattori"),
        },
        (2, 2, 0),
    ),
    "blood_pressure_in_target": (measured("systolic_pressure", 139, 140), (1, 2, 0)),
    "ldl_in_target": (measured("LDL", 2.6, 2.7), (1, 2, 0)),
    "hba1c_in_target": (measured("HbA1c", 53, 54), (1, 2, 0)),
    "hba1c_missing_or_late": (unmeasured("HbA1c"), (1, 2, 0)),
    "ldl_missing_or_late": (unmeasured("LDL"), (1, 2, 0)),
    "blood_pressure_missing_or_late": (unmeasured("systolic_pressure"), (1, 2, 0)),
    "smoking_status_recorded": (
        {
            **contacts("client_id time\n a 2024-07-01\n b 2024-07-01", TWO),
            "assessments": [{"client_id": "a", "time": "2024-07-01", "scale": "smoking_status", "value": 1}],
        },
        (1, 2, 0),
    ),
    "length_of_stay_days": ({"residents": TWO, "episodes": STAYS}, (3 + 5, 2, 0)),
    "length_of_stay_change": ({"residents": TWO, "episodes": STAYS}, (3 + 5, 2, 0)),
    "throughput_change": (
        requests("referral", "client_id requested_at started_at\n a 2024-07-01 2024-07-11"),
        (10, 1, 0),
    ),
}


@covers("000-86")
def test_every_measured_definition_has_a_case() -> None:
    assert sorted(CASES) == sorted(whole().measured)


@covers("000-23", "000-59", "001-C3", "001-D2", "002-F1")
@pytest.mark.parametrize("id", list(CASES))
def test_a_definition_by_hand(id: str) -> None:
    tables, expected = CASES[id]
    assert parts_of(id, TODAY, **tables) == pytest.approx(expected)
