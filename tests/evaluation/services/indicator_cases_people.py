"""Cases of people: plans, home care, carers, measurements."""

from tests.evaluation.services.indicator_rows import people, shown_rows
from tests.evaluation.services.indicator_worlds import (
    DAILY,
    HOME_CARE,
    THREE,
    TWO,
    Cases,
    carers,
    contacts,
    measured,
    scale,
    unmeasured,
)

PEOPLE: Cases = {
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
    "residents_65_without_event_share": (
        {
            **contacts("client_id time\n a 2024-07-01\n b 2023-09-01", [*THREE, *people("d", birth_year=1980)]),
            "episodes": [{"client_id": "c", "start": "2022-01-01"}],
        },
        (1, 3, 0),  # b's contact is too old; c's service still goes on; d is young
    ),
    "blood_pressure_in_target": (measured("systolic", 139, 140), (1, 2, 0)),
    "ldl_in_target": (measured("ldl", 2.6, 2.7), (1, 2, 0)),
    "hba1c_in_target": (measured("hba1c", 53, 54), (1, 2, 0)),
    "hba1c_missing_or_late": (unmeasured("hba1c"), (1, 2, 0)),
    "ldl_missing_or_late": (unmeasured("ldl"), (1, 2, 0)),
    "blood_pressure_missing_or_late": (unmeasured("systolic"), (1, 2, 0)),
    "smoking_status_recorded": (
        {
            **contacts("client_id time\n a 2024-07-01\n b 2024-07-01", TWO),
            "assessments": [{"client_id": "a", "time": "2024-07-01", "scale": "smoking", "value": 1}],
        },
        (1, 2, 0),
    ),
}
