"""Tables of what was assessed, asked, planned and decided for a person."""

from features.tables.columns import (
    PATH_PHASES,
    RESPONDENTS,
    URGENCIES,
    Column,
    Table,
    client_column,
    clock,
    common_columns,
    date,
    text,
)

ASSESSMENTS = Table(
    "assessments",
    "one value of one scale",
    "RAI and other instruments, measurements",
    (
        client_column(),
        date("time", "when assessed", "recorded_at"),
        text("instrument", "instrument, e.g. RAI-HC"),
        text("version", "version of the instrument", nullable=True),
        text("scale", "scale, e.g. CPS, ADLH, IADL, DRS, MAPLe, CHESS"),
        Column("value", "number", "value on the scale"),
        text("value_unit", "unit of a measurement; empty for a scale", nullable=True),
        text("respondent", "who answered", allowed=RESPONDENTS),
        *common_columns(),
    ),
    key=("client_id", "time", "instrument", "scale"),
    time="time",
)

REQUESTS = Table(
    "requests",
    "one matter from request to end",
    "service requests, concern notifications, referrals",
    (
        client_column(),
        text("request_id", "identifier of the matter in its source"),
        date("requested_at", "when requested", "recorded_at"),
        date("assessed_at", "when the need was assessed", "assessed_recorded_at", nullable=True),
        clock("assessed_recorded_at", "the assessment"),
        date("started_at", "when the service started", "started_recorded_at", nullable=True),
        clock("started_recorded_at", "the start"),
        date("ended_at", "when the matter ended", "ended_recorded_at", nullable=True),
        clock("ended_recorded_at", "the end and its outcome"),
        text("service", "requested service code"),
        text("stage", "stage of the service chain", nullable=True),
        text("path_phase", "phase of the client's path", nullable=True, allowed=PATH_PHASES),
        text("priority", "urgency class", nullable=True, allowed=URGENCIES),
        text("outcome", "how it ended; known only from ended_recorded_at on", nullable=True),
        *common_columns(),
    ),
    key=("request_id",),
    time="requested_at",
)

PLANS = Table(
    "plans",
    "one plan",
    "care plans, client plans, rehabilitation plans",
    (
        client_column(),
        date("valid_from", "first day of validity", "recorded_at", planned=True),
        date("valid_to", "first day after validity; empty = open", "valid_to_recorded_at", nullable=True, planned=True),
        clock("valid_to_recorded_at", "the end of validity"),
        text("kind", "kind of plan", allowed=("care_plan", "client_plan", "rehab_plan")),
        text("responsible_role", "role responsible for the plan", nullable=True),
        *common_columns(),
    ),
    key=("client_id", "valid_from", "kind"),
    time="valid_from",
)

DIAGNOSES = Table(
    "diagnoses",
    "one recorded diagnosis or reason code",
    "patient record",
    (
        client_column(),
        date("time", "when recorded for the patient", "recorded_at"),
        text("system", "code system", allowed=("ICD-10", "ICPC-2", "other")),
        text("code", "code as text"),
        *common_columns(),
    ),
    key=("client_id", "time", "system", "code"),
    time="time",
)

SEGMENT_RECORDS = Table(
    "segment_records",
    "one recorded segmentation",
    "segmentation tool (e.g. answers to a two-respondent questionnaire)",
    (
        client_column(),
        date("time", "when segmented", "recorded_at"),
        text("scheme", "id of the scheme"),
        text("scheme_version", "version of the scheme"),
        text("axis1_level", "level on the scheme's first axis", nullable=True),
        text("axis1_respondent", "who assessed the first axis", nullable=True, allowed=RESPONDENTS),
        text("axis2_level", "level on the scheme's second axis", nullable=True),
        text("axis2_respondent", "who assessed the second axis", nullable=True, allowed=RESPONDENTS),
        text("segment", "segment of the scheme", nullable=True),
        text("assessor_role", "role of the professional", nullable=True),
        *common_columns(),
    ),
    key=("client_id", "time", "scheme"),
    time="time",
)

DECISIONS = Table(
    "decisions",
    "one decision exported by the service",
    "the service's own decision log",
    (
        text("decision_id", "identifier of the decision"),
        client_column(),
        date("time", "when decided", "recorded_at"),
        text("decision_point", "where in the process it was made"),
        text("answer_id", "the shown answer it concerns"),
        text("decision", "what the professional did", allowed=("accept", "change", "cannot_tell")),
        text("segment", "the segment that the professional confirmed", nullable=True),
        text("reason", "the professional's reason code", nullable=True),
        text("routing_target", "where the client was guided", nullable=True),
        text("role", "role of the professional"),
        *common_columns(),
    ),
    key=("decision_id",),
    time="time",
)
