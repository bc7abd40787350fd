"""Names that several rooms share: registered models, guidance dimensions, roles of a factor."""

from models.answers import Text

SEGMENTATION_PREFIX, NEED_PREFIX, DEMAND_PREFIX, FLOW_PREFIX = "segmentation_", "need_", "demand_", "flow_"


def segmentation_model(scheme: str) -> str:
    """Registered name of a scheme's model."""
    return SEGMENTATION_PREFIX + scheme


def need_model(task: str) -> str:
    """Registered name of a need task's model."""
    return NEED_PREFIX + task


def demand_model(config: str) -> str:
    """Registered name of a demand configuration's model."""
    return DEMAND_PREFIX + config


def flow_model(config: str) -> str:
    """Registered name of a service chain's flow model."""
    return FLOW_PREFIX + config


DIMENSIONS: dict[str, Text] = {
    "home_municipality": {"fi": "Kotikunta", "sv": "Hemkommun", "en": "Home municipality"},
    "age": {"fi": "Ikä", "sv": "Ålder", "en": "Age"},
    "health": {"fi": "Terveydentila", "sv": "Hälsotillstånd", "en": "Health"},
    "social_situation": {"fi": "Sosiaalinen tilanne", "sv": "Social situation", "en": "Social situation"},
    "economic_situation": {"fi": "Taloudellinen tilanne", "sv": "Ekonomisk situation", "en": "Economic situation"},
    "functional_capacity": {"fi": "Toimintakyky", "sv": "Funktionsförmåga", "en": "Functional capacity"},
    "service_use": {"fi": "Palvelujen käyttö", "sv": "Användning av tjänster", "en": "Service use"},
    "continuity_access": {
        "fi": "Hoidon jatkuvuus ja palvelujen saatavuus",
        "sv": "Kontinuitet och tillgång till service",
        "en": "Continuity and access",
    },
}
ROLES: dict[str, Text] = {
    "risk": {"fi": "Riskitekijä", "sv": "Riskfaktor", "en": "Risk factor"},
    "protective": {"fi": "Suojaava tekijä", "sv": "Skyddande faktor", "en": "Protective factor"},
    "resource": {"fi": "Voimavara", "sv": "Resurs", "en": "Resource"},
    "context": {"fi": "Taustatieto", "sv": "Bakgrundsuppgift", "en": "Background"},
}
