"""The sentences beside a chain's figures, in Finnish, Swedish and English."""

from collections.abc import Iterator, Mapping

from models.flow.answers import FlowReport
from models.texts import Text, filled

NO_CAPACITY: Text = {
    "fi": "Vaiheen ”{stage}” henkilöstötunteja ei tiedetä, joten sen käyttöastetta ei voi laskea.",
    "sv": "Personalens timmar i skedet ”{stage}” är inte kända, så dess beläggning kan inte räknas.",
    "en": "The staffed hours of “{stage}” are not known, so its utilisation cannot be told.",
}
CLEAR: Text = {
    "fi": "Ketjun pullonkaula on ”{stage}”: sen väli on kaikkien muiden vaiheiden yläpuolella.",
    "sv": "Kedjans flaskhals är ”{stage}”: dess intervall ligger ovanför alla andra skedens.",
    "en": "The bottleneck of the chain is “{stage}”: its interval lies above those of all other stages.",
}
UNCLEAR: Text = {
    "fi": "Ensimmäisenä on ”{stage}”, mutta ero muihin vaiheisiin voi olla sattumaa.",
    "sv": "Först är ”{stage}”, men skillnaden till de andra skedena kan vara en slump.",
    "en": "“{stage}” comes first, but the difference from the other stages may be chance.",
}
GROWS: Text = {
    "fi": "Jono kasvaa ennusteen mukaan ensin vaiheessa ”{stage}”.",
    "sv": "Enligt prognosen växer kön först i skedet ”{stage}”.",
    "en": "According to the forecast the line grows first at “{stage}”.",
}
GROWS_NOT: Text = {
    "fi": "Minkään vaiheen jonon ei voi varmasti sanoa kasvavan ennustejaksolla.",
    "sv": "Det kan inte med säkerhet sägas att kön växer i något skede under prognosperioden.",
    "en": "No stage's line surely grows within the forecast.",
}
SET_ASIDE: Text = {
    "fi": "Rekisterien jaksoista {count} jätettiin pois, koska ne päättyvät ennen alkuaan tai menevät päällekkäin.",
    "sv": "{count} perioder i registren lämnades bort, eftersom de slutar före sin början eller överlappar varandra.",
    "en": "{count} stays in the registers were left out, because they end before they start or overlap.",
}
ESTIMATED: Text = {
    "fi": "Vaiheen ”{stage}” tunnit asiakasta kohti on arvioitu kiireisimmistä viikoista: käyttöaste on osuus niistä.",
    "sv": "Timmarna per klient i skedet ”{stage}” kommer från de livligaste veckorna: beläggningen är en andel av dem.",
    "en": "The hours per client of “{stage}” were estimated from its busiest weeks: utilisation is a share of those.",
}


def notes(report: FlowReport, names: Mapping[str, Text], estimated: tuple[str, ...]) -> tuple[Text, ...]:
    """Everything that must be said, the most telling first."""
    return tuple(_notes(report, names, estimated))


def _notes(report: FlowReport, names: Mapping[str, Text], estimated: tuple[str, ...]) -> Iterator[Text]:
    ranking = report.ranking
    yield filled(CLEAR if ranking.clear else UNCLEAR, stage=names[ranking.stages[0].stage])
    if report.grows_first is None:
        yield GROWS_NOT
    else:
        yield filled(GROWS, stage=names[report.grows_first])
    yield from (filled(NO_CAPACITY, stage=names[stage]) for stage in ranking.without_capacity)
    yield from (filled(ESTIMATED, stage=names[stage]) for stage in estimated)
    if report.quarantined:
        count = str(sum(report.quarantined.values()))
        yield filled(SET_ASIDE, count=dict.fromkeys(("fi", "sv", "en"), count))
