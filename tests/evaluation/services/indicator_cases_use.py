"""Cases of how services are used: contacts, channels, continuity, stays."""

from tests.evaluation.services.indicator_rows import shown_rows
from tests.evaluation.services.indicator_worlds import REMOTE, STAYS, TWO, Cases, contacts, requests, visited

USE: Cases = {
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
    "length_of_stay_days": ({"residents": TWO, "episodes": STAYS}, (3 + 5, 2, 0)),
    "length_of_stay_change": ({"residents": TWO, "episodes": STAYS}, (3 + 5, 2, 0)),
    "throughput_change": (
        requests("referral", "client_id requested_at started_at\n a 2024-07-01 2024-07-11"),
        (10, 1, 0),
    ),
}
