"""What the pages call their reports and columns, Finnish first."""

from collections.abc import Mapping

from models.texts import Text, Texts

TITLE = Texts(fi="Ennusteen rinnalla", sv="Vid sidan av prognosen", en="Beside the forecast")
INFORMS = Texts(
    fi="Malli antaa tietoa; suunnittelija päättää.",
    sv="Modellen ger information; planeraren beslutar.",
    en="The model informs; the planner decides.",
)
UNTIL = Texts(fi="Tiedot {day} loppuun.", sv="Uppgifter till slutet av {day}.", en="Data until the end of {day}.")
NOTHING = Texts(fi="Ei rivejä.", sv="Inga rader.", en="No lines.")
MORE = Texts(fi="Kaikki rivit: {file}", sv="Alla rader: {file}", en="All lines: {file}")
YES, NO = Texts(fi="kyllä", sv="ja", en="yes"), Texts(fi="ei", sv="nej", en="no")
SECTIONS: Mapping[str, Texts] = {
    "realised": Texts(fi="Ennustettu ja toteutunut", sv="Prognos och utfall", en="Forecast against realised"),
    "last_year": Texts(fi="Viime vuoden samat jaksot", sv="Förra årets samma perioder", en="Last year's same periods"),
    "units": Texts(fi="Alueet rinnakkain", sv="Områdena sida vid sida", en="Areas side by side"),
    "capacity": Texts(fi="Kysyntä ja kapasiteetti", sv="Efterfrågan och kapacitet", en="Demand against capacity"),
    "attainment": Texts(
        fi="Määräajassa hoidettujen osuus", sv="Andelen inom tidsgränsen", en="Share within the time limit"
    ),
    "case_managers": Texts(
        fi="Tarvittavat asiakasvastaavat", sv="Klientansvariga som behövs", en="Case managers needed"
    ),
    "euros": Texts(fi="Ennuste euroina", sv="Prognosen i euro", en="The forecast in euros"),
    "event_costs": Texts(fi="Kustannus tapahtumaa kohti", sv="Kostnad per händelse", en="Cost per event (latest year)"),
    "per_client": Texts(
        fi="Kustannus asiakasta kohti ja RAI-laatu",
        sv="Kostnad per klient och RAI-kvalitet",
        en="Cost per client and RAI quality",
    ),
    "overrides": Texts(fi="Auttoivatko korjaukset?", sv="Hjälpte ändringarna?", en="Did overrides help?"),
}
COLUMNS: Mapping[str, Texts] = {
    "area": Texts(fi="Alue", sv="Område", en="Area"),
    "better": Texts(fi="Lähempänä toteumaa", sv="Närmare utfallet", en="Nearer to what came"),
    "bias": Texts(fi="Harha", sv="Bias", en="Bias"),
    "came": Texts(fi="Toteutui", sv="Utfall", en="Came"),
    "change": Texts(fi="Muutos", sv="Förändring", en="Change"),
    "clients": Texts(fi="Asiakkaita", sv="Klienter", en="Clients"),
    "differs": Texts(fi="Poikkeaa alueesta", sv="Avviker från området", en="Differs from the county"),
    "drivers": Texts(fi="Suurimmat ajurit", sv="Största drivkrafterna", en="Top drivers"),
    "euros_high80": Texts(fi="€, yläraja 80 %", sv="€, övre 80 %", en="€, high 80 %"),
    "euros_low80": Texts(fi="€, alaraja 80 %", sv="€, nedre 80 %", en="€, low 80 %"),
    "costed": Texts(fi="Hinta tiedossa", sv="Kostnad känd", en="Cost known"),
    "euros_per_client": Texts(fi="€ / asiakas", sv="€ / klient", en="€ per client"),
    "euros_per_event": Texts(fi="€ / tapahtuma", sv="€ / händelse", en="€ per event"),
    "events": Texts(fi="Tapahtumia", sv="Händelser", en="Events"),
    "rai_current": Texts(fi="RAI ajan tasalla", sv="RAI aktuell", en="RAI up to date"),
    "rai_mean": Texts(fi="RAI, keskiarvo", sv="RAI, medelvärde", en="RAI, mean"),
    "units_per_client": Texts(fi="Suoritteita / asiakas", sv="Prestationer / klient", en="Units per client"),
    "euros_value": Texts(fi="€", sv="€", en="€"),
    "fewest": Texts(fi="Vähintään", sv="Minst", en="Fewest"),
    "forecast": Texts(fi="Ennuste", sv="Prognos", en="Forecast"),
    "gap": Texts(fi="Vaje (h)", sv="Underskott (h)", en="Gap (h)"),
    "gap_high80": Texts(fi="Vaje, yläraja", sv="Underskott, övre", en="Gap, high"),
    "gap_low80": Texts(fi="Vaje, alaraja", sv="Underskott, nedre", en="Gap, low"),
    "group": Texts(fi="Ryhmä", sv="Grupp", en="Group"),
    "high80": Texts(fi="Yläraja 80 %", sv="Övre 80 %", en="High 80 %"),
    "high95": Texts(fi="Yläraja 95 %", sv="Övre 95 %", en="High 95 %"),
    "inside80": Texts(fi="80 % välissä", sv="Inom 80 %", en="Inside 80 %"),
    "inside95": Texts(fi="95 % välissä", sv="Inom 95 %", en="Inside 95 %"),
    "last_year": Texts(fi="Viime vuonna", sv="Förra året", en="Last year"),
    "level": Texts(fi="Määräaika", sv="Tidsgräns", en="Limit"),
    "low80": Texts(fi="Alaraja 80 %", sv="Nedre 80 %", en="Low 80 %"),
    "low95": Texts(fi="Alaraja 95 %", sv="Nedre 95 %", en="Low 95 %"),
    "managers": Texts(fi="Asiakasvastaavia", sv="Klientansvariga", en="Case managers"),
    "mean_change": Texts(fi="Virheen muutos", sv="Felets förändring", en="Change of the error"),
    "measure": Texts(fi="Mittari", sv="Mått", en="Measure"),
    "meets_target": Texts(fi="Tavoite täyttyy", sv="Målet nås", en="Meets the target"),
    "method": Texts(fi="Menetelmä", sv="Metod", en="Method"),
    "model": Texts(fi="Malli", sv="Modell", en="Model"),
    "most": Texts(fi="Enintään", sv="Högst", en="Most"),
    "n": Texts(fi="Korjattuja lukuja", sv="Ändrade tal", en="Overridden numbers"),
    "needed": Texts(fi="Tarve (h)", sv="Behov (h)", en="Needed (h)"),
    "of_county": Texts(fi="Suhde koko alueeseen", sv="I förhållande till hela området", en="Of the county's"),
    "period": Texts(fi="Jakso alkaa", sv="Perioden börjar", en="Period begins"),
    "periods": Texts(fi="Jaksoja", sv="Perioder", en="Periods"),
    "persons": Texts(fi="Asukkaita", sv="Invånare", en="Residents"),
    "reason": Texts(fi="Syy", sv="Orsak", en="Reason"),
    "requests": Texts(fi="Pyyntöjä", sv="Begäranden", en="Requests"),
    "requests_ahead": Texts(fi="Pyyntöjä tulossa", sv="Kommande begäranden", en="Requests ahead"),
    "said": Texts(fi="Ennustettu tiedoilla asti", sv="Prognos med data till", en="Forecast with data until"),
    "same": Texts(fi="Yhtä kaukana", sv="Lika långt", en="As far"),
    "series": Texts(fi="Sarja", sv="Serie", en="Series"),
    "service": Texts(fi="Palvelu", sv="Tjänst", en="Service"),
    "share": Texts(fi="Osuus, ennuste", sv="Andel, prognos", en="Share ahead"),
    "share_better": Texts(fi="Lähempänä, osuus", sv="Närmare, andel", en="Nearer, share"),
    "share_lately": Texts(fi="Osuus viime aikoina", sv="Andel på sistone", en="Share lately"),
    "short": Texts(fi="Ei riitä", sv="Räcker inte", en="Falls short"),
    "staffed": Texts(fi="Henkilöstötunnit", sv="Bemannade timmar", en="Staffed (h)"),
    "target": Texts(fi="Tavoite", sv="Mål", en="Target"),
    "unit": Texts(fi="Yksikkö", sv="Enhet", en="Unit"),
    "unit_cost": Texts(fi="Yksikkökustannus", sv="Enhetskostnad", en="Unit cost"),
    "units": Texts(fi="Suoritteita", sv="Prestationer", en="Units"),
    "utilisation": Texts(fi="Käyttöaste", sv="Utnyttjandegrad", en="Utilisation"),
    "value": Texts(fi="Ennuste", sv="Prognos", en="Forecast"),
    "version": Texts(fi="Versio", sv="Version", en="Version"),
    "wape": Texts(fi="Virhe (WAPE)", sv="Fel (WAPE)", en="Error (WAPE)"),
    "wape_last_year": Texts(fi="Viime vuoden luku, virhe", sv="Förra årets tal, fel", en="Last year's number, error"),
    "worse": Texts(fi="Kauempana toteumasta", sv="Längre från utfallet", en="Farther from what came"),
}
SHARES = frozenset(
    {"bias", "change", "inside80", "inside95", "of_county", "share", "share_lately", "target", "utilisation"}
    | {"costed", "rai_current", "wape", "wape_last_year", "share_better", "mean_change"}
)
"""Columns shown in per cent; in SHARE_ENDS also the ends of the interval."""
SHARE_ENDS = frozenset({"attainment", "overrides"})
NOTES: Mapping[str, Texts] = {
    "missing_model": Texts(
        fi="Mallia {models} ei ole rekisteröity: opeta se ensin.",
        sv="Modellen {models} är inte registrerad: träna den först.",
        en="No model {models} is registered: train it first.",
    ),
    "nothing_complete": Texts(
        fi="{model}: yksikään aiemmin ennustettu jakso ei ole vielä toteutunut kokonaan.",
        sv="{model}: ingen tidigare prognostiserad period är ännu hel.",
        en="{model}: no period of an earlier forecast is complete yet.",
    ),
    "overrides_waiting": Texts(
        fi="{n} korjatun luvun jakso ei ole vielä toteutunut kokonaan.",
        sv="För {n} ändrade tal är perioden ännu inte hel.",
        en="The period of {n} overridden numbers is not complete yet.",
    ),
    "no_population": Texts(
        fi="Väestöä ikäryhmissä {ages} ei tunneta.",
        sv="Befolkningen i åldrarna {ages} är inte känd.",
        en="No population of ages {ages} is known.",
    ),
    "rates": Texts(
        fi="Lukuja jaksossa 1 000 asukasta kohti ({ages}); väli on yhden jakson.",
        sv="Antal per period och 1 000 invånare ({ages}); intervallet gäller en period.",
        en="Numbers a period per 1,000 residents ({ages}); the interval is that of one period.",
    ),
    "staffed": Texts(
        fi="Henkilöstötunnit jatkuvat kuten viimeisinä {months} kirjattuna kuukautena; asiakkaiden kanssa niistä on "
        "{share} ({source}). Vaje = tarve − henkilöstötunnit.",
        sv="De bemannade timmarna fortsätter som under de senaste {months} registrerade månaderna; {share} av dem är "
        "med klienter ({source}). Underskott = behov − bemannade timmar.",
        en="Staffed hours go on as in the last {months} recorded months; {share} of them are spent with clients "
        "({source}). Gap = needed − staffed hours.",
    ),
    "unpublished": Texts(
        fi="{unit}: mallin {model} sarjaa {series} ei julkaista.",
        sv="{unit}: serien {series} i modellen {model} publiceras inte.",
        en="{unit}: the series {series} of {model} is not published.",
    ),
    "unstaffed": Texts(
        fi="{unit}: henkilöstötunteja ei ole kirjattu.",
        sv="{unit}: inga bemannade timmar har registrerats.",
        en="{unit}: no staffed hours are recorded.",
    ),
    "no_request": Texts(
        fi="{service}: ei pyyntöjä, joita määräaika {level} koskee.",
        sv="{service}: inga begäranden som tidsgränsen {level} gäller.",
        en="{service}: no request that a limit of {level} covers.",
    ),
    "untested": Texts(
        fi="{service}, {level}: historia on liian lyhyt testattavaksi; näytetään viime aikojen osuus.",
        sv="{service}, {level}: historien är för kort för att testas; andelen på sistone visas.",
        en="{service}, {level}: too short a history to back-test; the recent share is shown.",
    ),
    "tested": Texts(
        fi="{service}, {level}: menetelmä {method} valittiin {chosen} aiemmasta lähtökohdasta; osuuden keskivirhe "
        "{judged} myöhemmästä: {errors}.",
        sv="{service}, {level}: metoden {method} valdes på {chosen} tidigare utgångspunkter; andelens medelfel på "
        "{judged} senare: {errors}.",
        en="{service}, {level}: {method} chosen on {chosen} earlier origins; mean error of the share on {judged} later "
        "ones: {errors}.",
    ),
    "caseload": Texts(
        fi="{clients} asiakasta asiakasvastaavaa kohti ({lightest}–{heaviest}): {source}",
        sv="{clients} klienter per klientansvarig ({lightest}–{heaviest}): {source}",
        en="{clients} clients per case manager ({lightest}–{heaviest}): {source}",
    ),
    "recorded_only": Texts(
        fi="Vain asiakkaat, joille segmentti on kirjattu: todellinen määrä on suurempi.",
        sv="Endast klienter med ett registrerat segment: det verkliga antalet är större.",
        en="Only clients with a recorded segment are counted: the true number is larger.",
    ),
    "no_segment_series": Texts(
        fi="Ryhmän {group} sarjaa ei julkaista: liian vähän asiakkaita tai tietoa.",
        sv="Ingen serie av {group} publiceras: för få klienter eller för lite data.",
        en="No series of {group} is published: too few clients or not enough data.",
    ),
    "event_cost": Texts(
        fi="{service}: {euros} € tapahtumaa kohti, vuosi {year}: {source}",
        sv="{service}: {euros} € per händelse, år {year}: {source}",
        en="{service}: {euros} € per event, {year}: {source}",
    ),
    "per_client": Texts(
        fi="Ennuste ja eurot ovat jaksoa kohti, asiakkaat nykyisiä. RAI ajan tasalla = {scale} arvioitu {days} päivän "
        "aikana. Pienet joukot on piilotettu.",
        sv="Prognosen och eurobeloppen gäller en period, klienterna nuläget. RAI aktuell = {scale} bedömd inom {days} "
        "dagar. Små grupper döljs.",
        en="Forecast and euros are per period, clients are those of now. RAI up to date = {scale} within {days} "
        "days. Few are hidden.",
    ),
    "unit_cost": Texts(
        fi="{model}, {measure}, {group}: {euros} €, vuosi {year}: {source}",
        sv="{model}, {measure}, {group}: {euros} €, år {year}: {source}",
        en="{model}, {measure}, {group}: {euros} €, {year}: {source}",
    ),
}


def note(key: str, **values: object) -> Text:
    """One sentence in three languages."""
    return {language: text.format(**values) for language, text in NOTES[key].as_text().items()}
