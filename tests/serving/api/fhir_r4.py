"""What FHIR R4 allows in a RiskAssessment and in the Bundle around it: strict, field by field, with R4's own rules.

After hl7.org/fhir/R4/riskassessment.html: cardinalities, types, required codes, invariants ras-1 and ras-2.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9\-.]{1,64}$")]
Uri = Annotated[str, StringConstraints(pattern=r"^\S+$")]
Code = Annotated[str, StringConstraints(pattern=r"^[^\s]+(\s[^\s]+)*$")]
String = Annotated[str, StringConstraints(min_length=1, max_length=1_048_576)]
Date = r"[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?"
DateTime = Annotated[
    str,
    StringConstraints(
        pattern=rf"^(?:{Date}|[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}T[0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}}(\.[0-9]+)?(Z|[+-][0-9]{{2}}:[0-9]{{2}}))$"
    ),
]


class Element(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Coding(Element):
    system: Uri | None = None
    version: String | None = None
    code: Code | None = None
    display: String | None = None
    userSelected: bool | None = None


class CodeableConcept(Element):
    coding: list[Coding] | None = Field(default=None, min_length=1)
    text: String | None = None


class Period(Element):
    start: DateTime | None = None
    end: DateTime | None = None

    @model_validator(mode="after")
    def per_1(self):
        assert self.start is None or self.end is None or self.start <= self.end
        return self


class Identifier(Element):
    use: Literal["usual", "official", "temp", "secondary", "old"] | None = None
    type: CodeableConcept | None = None
    system: Uri | None = None
    value: String | None = None
    period: Period | None = None


class Reference(Element):
    reference: String | None = None
    type: Uri | None = None
    identifier: Identifier | None = None
    display: String | None = None


class Quantity(Element):
    value: float | None = None
    unit: String | None = None
    system: Uri | None = None
    code: Code | None = None


class Range(Element):
    low: Quantity | None = None
    high: Quantity | None = None


class Annotation(Element):
    authorReference: Reference | None = None
    authorString: String | None = None
    time: DateTime | None = None
    text: String


class Narrative(Element):
    status: Literal["generated", "extensions", "additional", "empty"]
    div: String


class Meta(Element):
    versionId: Id | None = None
    lastUpdated: DateTime | None = None
    source: Uri | None = None
    profile: list[Uri] | None = None


class Prediction(Element):
    outcome: CodeableConcept | None = None
    probabilityDecimal: float | None = Field(default=None, ge=0, le=100)  # ras-2
    probabilityRange: Range | None = None
    qualitativeRisk: CodeableConcept | None = None
    relativeRisk: float | None = None
    whenPeriod: Period | None = None
    whenRange: Range | None = None
    rationale: String | None = None

    @model_validator(mode="after")
    def one_choice_each(self):
        assert self.probabilityDecimal is None or self.probabilityRange is None
        assert self.whenPeriod is None or self.whenRange is None
        return self


class RiskAssessment(Element):
    resourceType: Literal["RiskAssessment"]
    id: Id | None = None
    meta: Meta | None = None
    implicitRules: Uri | None = None
    language: Code | None = None
    text: Narrative | None = None
    identifier: list[Identifier] | None = Field(default=None, min_length=1)
    basedOn: Reference | None = None
    parent: Reference | None = None
    status: Literal[
        "registered", "preliminary", "final", "amended", "corrected", "cancelled", "entered-in-error", "unknown"
    ]
    method: CodeableConcept | None = None
    code: CodeableConcept | None = None
    subject: Reference
    encounter: Reference | None = None
    occurrenceDateTime: DateTime | None = None
    occurrencePeriod: Period | None = None
    condition: Reference | None = None
    performer: Reference | None = None
    reasonCode: list[CodeableConcept] | None = Field(default=None, min_length=1)
    reasonReference: list[Reference] | None = Field(default=None, min_length=1)
    basis: list[Reference] | None = Field(default=None, min_length=1)
    prediction: list[Prediction] | None = Field(default=None, min_length=1)
    mitigation: String | None = None
    note: list[Annotation] | None = Field(default=None, min_length=1)

    @model_validator(mode="after")
    def types_of_references(self):
        assert self.occurrenceDateTime is None or self.occurrencePeriod is None
        assert self.subject.type in (None, "Patient", "Group")
        assert self.performer is None or self.performer.type in (*(None, "Practitioner", "PractitionerRole", "Device"),)
        return self


class Entry(Element):
    fullUrl: Annotated[str, StringConstraints(pattern=r"^urn:|^https?://")]
    resource: RiskAssessment


class Bundle(Element):
    resourceType: Literal["Bundle"]
    id: Id | None = None
    type: Literal["collection"]
    timestamp: DateTime | None = None
    entry: list[Entry] | None = Field(default=None, min_length=1)

    @model_validator(mode="after")
    def bdl_7(self):
        urls = [one.fullUrl for one in self.entry or ()]
        assert len(set(urls)) == len(urls)
        return self
