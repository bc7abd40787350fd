"""Made-up needs of every kind: ordered levels with minutes, alternatives side by side, and a score that is too old."""

from dataclasses import replace

from models.answers import MODEL_INFORMS, Alternative, Evidence, Expected, LevelShare, NeedAnswer
from tests.serving.pages.faked.answers import likelihood, need_answer, reason, stamp, words


def ordered_need() -> NeedAnswer:
    """Home care lighter, stable, heavier or round the clock, with the minutes that go with it."""
    plain = need_answer()
    main = plain.likelihood
    assert main is not None
    around = likelihood(
        "home_care_change_24h",
        main.name,
        words("Siirtyy ympärivuorokautiseen", "Övergår till vård dygnet runt", "Moves to 24-hour care"),
        [0.4, 0.3, -0.2],
        [0, 1],
        -2.9,
    )
    names = {
        "lighter": words("Kevyempi kotihoito", "Lättare hemvård", "Lighter home care"),
        "stable": words("Ennallaan", "Oförändrad", "Unchanged"),
        "heavier": words("Tiiviimpi kotihoito", "Tätare hemvård", "Heavier home care"),
        "24h": words("Ympärivuorokautinen hoito", "Vård dygnet runt", "24-hour care"),
    }
    shares = dict(zip(names, (0.11, 0.51, 0.29, 0.09), strict=True))
    minutes = tuple(reason(place, share) for place, share in enumerate((61.0, 28.5, -17.5, 12.0)))
    return replace(
        plain,
        task="home_care_change",
        likelihoods=(main, around),
        levels=tuple(LevelShare(id_, name, shares[id_]) for id_, name in names.items()),
        expected=Expected(
            "home_care_minutes",
            words("Kotihoidon ajan muutos", "Ändring i hemvårdens tid", "Change in home-care time"),
            words("minuuttia viikossa", "minuter i veckan", "minutes a week"),
            96.0,
            -24.0,
            231.0,
            12.0,
            minutes,
        ),
    )


def alternatives_need() -> NeedAnswer:
    """Five services side by side with evidence and no choice."""
    names = [
        words("Tuettu asuminen", "Stödboende", "Supported housing"),
        words("Kotihoito", "Hemvård", "Home care"),
        words("Sosiaalinen kuntoutus kotiin", "Social rehabilitering hemma", "Social rehabilitation at home"),
        words("Tavoitteellinen sosiaalityö", "Målinriktat socialt arbete", "Goal-directed social work"),
        words(
            "Päihde- ja mielenterveystyö kotiin",
            "Missbruks- och mentalvård hemma",
            "Substance and mental-health care at home",
        ),
    ]
    fall = Evidence(
        "emergency_contacts",
        words("Päivystys", "Jour", "Emergency"),
        "for",
        3.0,
        words("3 päivystyskäyntiä 90 päivän aikana.", "3 jourbesök under 90 dagar.", "3 emergency visits in 90 days."),
        "contact registers",
    )
    helper = replace(
        fall,
        family="informal_care",
        direction="against",
        sentence=words("Läheinen hoitaa päivittäin.", "En närstående vårdar dagligen.", "A relative cares daily."),
        source="informal-care register",
    )
    unknown = replace(
        fall,
        family="rai_adlh",
        direction="unknown",
        value=None,
        sentence=words("RAI-arviota ei ole.", "RAI-bedömning saknas.", "No RAI assessment."),
        source="RAI assessments",
    )
    sides = [(fall,), (fall, helper), (unknown,), (), (helper, unknown)]
    return replace(
        need_answer(),
        task="home_support",
        alternatives=tuple(
            Alternative(f"alternative_{place}", name, evidence)
            for place, (name, evidence) in enumerate(zip(names, sides, strict=True))
        ),
    )


TOO_OLD = NeedAnswer(
    stamp("need_frequent_emergency"),
    "not_assessable",
    words(
        "Arvion tiedot ovat 31.12.2024 loppuun, ja arvio on voimassa 90 päivää. Sitä vanhempaa ei näytetä.",
        "Uppskattningens uppgifter går till 31.12.2024 och den gäller i 90 dagar. En äldre visas inte.",
        "The estimate's data end on 31 Dec 2024 and it holds for 90 days. An older one is not shown.",
    ),
    "frequent_emergency",
    365,
    0,
    None,
    (),
    (),
    MODEL_INFORMS,
)


def many_needs() -> tuple[NeedAnswer, ...]:
    """More needs than are shown open, and one that is too old to be shown."""
    return (ordered_need(), alternatives_need(), need_answer(), TOO_OLD)
