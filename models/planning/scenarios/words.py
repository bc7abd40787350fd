"""What scenarios say, in three languages."""

from collections.abc import Mapping

from models.texts import Text

POPULATION: Text = {"fi": "Väestön muutos", "sv": "Befolkningsförändring", "en": "Population change"}
CLOSING: Text = {"fi": "Yksikön sulkeminen", "sv": "Stängning av en enhet", "en": "Closing of a unit"}
OPENING: Text = {"fi": "Uusi yksikkö", "sv": "Ny enhet", "en": "Opening of a unit"}
EARLY: Text = {"fi": "Varhainen tuki", "sv": "Tidigt stöd", "en": "Early support"}
CHANNEL: Text = {"fi": "Siirtymä kanavien välillä", "sv": "Övergång mellan kanaler", "en": "Channel shift"}
OUTSIDE: Mapping[str, Text] = {
    "unmet": {
        "fi": "kysyntä, joka jää vaille palvelua",
        "sv": "efterfrågan som blir utan service",
        "en": "demand that is left without service",
    },
    "light": {
        "fi": "kevyempi palvelu, jota ei ennusteta näissä sarjoissa",
        "sv": "lättare service som inte prognostiseras i dessa serier",
        "en": "lighter service that is not forecast in these series",
    },
}
"""Demand that leaves the forecast series."""
BY_HEAD: Text = {
    "fi": "Väestön muutos siirtää kysyntää asukkaiden määrän mukaan; tarvetta iän mukaan ei käytetä.",
    "sv": "Befolkningsförändringen påverkar efterfrågan enligt antalet invånare; behov efter ålder används inte.",
    "en": "The population change moves demand by the number of residents; need by age is not used.",
}
NO_AGES: Text = {
    "fi": "Väestötaulua iän mukaan ei ole: kysyntä muuttuu samassa suhteessa kuin sarjan ikäryhmän väkiluku.",
    "sv": "Ingen befolkningstabell efter ålder: efterfrågan ändras i samma proportion som åldersgruppens storlek.",
    "en": "There is no population table by age: demand changes in proportion to the people of the series' ages.",
}
RERUN: Text = {
    "fi": "Ennusteen oppiva jäsen laskettiin uudelleen muuttuneella väestöllä.",
    "sv": "Prognosens lärande medlem räknades om med den ändrade befolkningen.",
    "en": "The forecast's learning member was run again with the changed population.",
}
EARLY_ORDER: Text = {
    "fi": "Kevyt palvelu alkaa heti, raskaan tarve vähenee vasta viiveen jälkeen.",
    "sv": "Den lätta servicen börjar genast, behovet av den tunga minskar först efter en fördröjning.",
    "en": "The light service begins at once; the heavy one falls only after the delay.",
}
STARTED: Text = {
    "fi": "Muutos alkaa ennen ennusteen alkua: jo toteutunut osa voi olla ennusteessa ja tulla luetuksi kahdesti.",
    "sv": "En ändring börjar före prognosen: det som redan skett kan ingå i prognosen och räknas två gånger.",
    "en": "A change begins before the forecast: what has already happened may be in the forecast and count twice.",
}
OLD_BASE: Text = {
    "fi": "Väestön perusvuosi on yli kaksi vuotta ennen ennustetta: jo tapahtunut kasvu voi tulla luetuksi kahdesti.",
    "sv": "Befolkningens basår är över två år före prognosen: tillväxt som redan skett kan räknas två gånger.",
    "en": "The population's base year is over two years before the forecast: past growth may count twice.",
}
LIMITED: Text = {
    "fi": "Siirtymää rajattiin: kaikki yhteydenotot eivät sovellu digikanavaan, ja muut säilyttävät kanavansa.",
    "sv": "Övergången begränsades: alla kontakter passar inte i den digitala kanalen; de övriga behåller sin kanal.",
    "en": "The shift was limited: not every contact suits the digital channel, and the others keep their channel.",
}
INTERVAL: Text = {
    "fi": "Erotuksen väli: skenaarion epävarmat luvut ja ennusteen virhe toisistaan riippumattomina.",
    "sv": "Skillnadens intervall: scenariots osäkra tal och prognosfelet, oberoende av varandra.",
    "en": "Interval of the difference: the scenario's uncertain numbers and the forecast's error, independently.",
}
