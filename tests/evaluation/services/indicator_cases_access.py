"""Cases of access to services and waiting for them."""

from tests.evaluation.services.indicator_worlds import (
    TWO,
    Cases,
    contacts,
    free,
    long_waiting,
    requests,
    slots,
    waiting,
)

ACCESS: Cases = {
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
    "visible_debt_count": (long_waiting("referral"), (1, 2, 0)),
    "visible_debt_share": (long_waiting("referral"), (1, 2, 0)),
    "latent_debt_primary": (contacts("client_id time\n a 2024-07-01\n a 2024-09-30\n b 2024-10-01", TWO), (2, 2, 0)),
    "latent_debt_oral": (contacts("client_id time\n a 2024-07-01", TWO, service="oral_health"), (1, 2, 0)),
}
