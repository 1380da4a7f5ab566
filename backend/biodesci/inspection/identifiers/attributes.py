"""What columns of a person's age, sex, origin or diagnosis are called, folded as `spelling.spaced` does.

Ages over 89 have to be grouped; what others may know of a person (a quasi-identifier) makes rare
combinations, and what a person would not have others know is what they give away.
"""

from __future__ import annotations

import re
from typing import Final

_AGE: Final = re.compile(
    r"(?:^| )(?:age|ages|alter|lebensalter|edad|eta|idade|leeftijd|alder|wiek|ika|vek|eletkor|varsta|yas|"
    r"yasi|ηλικια|возраст|вік)(?: |$)|^(?:age|alter|"
    r"edad|eta)(?:years?|yrs?|jahre|at|in|y)|年齢|年令|年龄|年齡|나이|연령|^age\d*$|patientage|lebensjahre"
)
_OTHER_UNIT: Final = re.compile(
    r"month|(?:^| )mo(?: |$)|mths?|monate?|mois|mes(?:es|i)?(?: |$)|weeks?|wochen?|semaines?|"
    r"semanas?|settimane|days?|tage?|jours?|dias?|giorni|gest|hours?|月齢|週|日齢|group|class|cat|band|"
    r"maand|manad|maned|miesi[ae]c|mesic|kuuka|honap|luni|"
    r"(?:^| )(?:ay|ayi|dni|gun|veckor|uker|uger)(?: |$)|weken|"
    r"tygod|tyden|tydn|viikko|hafta|dagen|dagar|dager|dage|"
    r"месяц|недел|дн(?:и|ей|ях)|月龄|周龄|日龄|天|"
    r"개월|주령|일령|grupo|groupe|fascia|tranche|rango|categor|kategor|grupa|grupp|"
    r"групп|组|组别|구간|군(?: |$)|"
    r"bin|gruppe|klasse|standard|score|z(?: |$)|sd|mean"
)
_QUASI: Final = re.compile(
    r"(?:.* )?(?:sex|gender|geschlecht|sexe|sexo|sesso|genero|genere|race|ethnicity|ethnic(?: group)?|ethnie|"
    r"etnia|herkunft|nationality|nationalitat|nationalite|nacionalidad|nazionalita|staatsangehorigkeit|"
    r"country(?: of birth)?|birth country|region|state|province|marital(?: status)?|familienstand|etat civil|"
    r"estado civil|stato civile|occupation|job|beruf|profession|profesion|professione|religion|language|"
    r"sprache|langue|idioma|lingua|education|bildung|性別|国籍|職業|都道府県|婚姻|"
    # Sex, nationality, marital status, occupation, education, province.
    r"geslacht|plec|kon|kjonn|sukupuoli|pohlavi|cinsiyet|cinsiyeti|φυλο|пол|стать|性别|성별|"
    r"nacionalidade|nationaliteit|narodowosc|obywatelstwo|nationalitet|kansalaisuus|narodnost|uyruk|"
    r"гражданство|национальность|民族|籍贯|국적|burgerlijke staat|stan cywilny|civilstand|sivilstatus|"
    r"siviilisaaty|rodinny stav|medeni durum|medeni hal|семейное положение|婚姻状况|결혼 ?상태|혼인 ?상태|"
    r"profissao|ocupacao|beroep|zawod|yrke|erhverv|ammatti|povolani|meslek|профессия|职业|직업|"
    r"opleiding|wyksztalcenie|utbildning|uddannelse|utdanning|koulutus|vzdelani|egitim|escolaridade|escolaridad|"
    r"образование|学历|학력|provincie|provincia|wojewodztwo|kraj|область|регион|省|省份|시도)"
)
_SENSITIVE: Final = re.compile(
    r"(?:.* )?(?:diagnos[ei]s?|diagnostic|diagnostico|diagnosi|dx|disease|condition|icd(?: ?\d+)?(?: code)?|"
    r"hiv(?: status)?|cause of death|krankheit|maladie|enfermedad|malattia|"
    r"doenca|aandoening|ziekte|rozpoznanie|choroba|diagnos|sjukdom|sygdom|sykdom|diagnoosi|sairaus|diagnoza|"
    r"nemoc|betegseg|boala|tani|hastalik|διαγνωση|диагноз|заболевание|"
    r"診断|病名|疾患|诊断|疾病|진단|진단명|질병|상병)(?: code| name| main)?"
)


def is_age(words: str) -> bool:
    """Whether a column has ages in years. Its name is in lower case, with spaces between its words."""
    return _AGE.search(words) is not None and not _OTHER_UNIT.search(words.replace("age", "", 1))


def is_quasi(words: str) -> bool:
    """Whether a column has what somebody who knows a person may know: sex, place, origin."""
    return _QUASI.fullmatch(words) is not None


def is_sensitive(words: str) -> bool:
    """Whether a column has what a person would not have others know: a diagnosis."""
    return _SENSITIVE.fullmatch(words) is not None
