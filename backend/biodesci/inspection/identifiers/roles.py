"""What people are called by what they do for a patient, as names of columns say it: a carer, a guardian.

A column that is called after a role may hold names, or what the person is: the values decide (headed.py).
The words are folded as `spelling.spaced` does when they are read (lexicon.py), and a phrase is apart by "|".
"""

from __future__ import annotations

from typing import Final

# Of kin, guardians and those who look after somebody.
_KIN: Final = """
    carer | carers | caregiver | care giver | guardian | guardians | legal guardian | representative |
    legal representative | surrogate | health care proxy | healthcare proxy | power of attorney | poa |
    trustee | nok | next of kin | relative | spouse | husband | wife | sibling | brother | sister |
    grandparent | contact person | emergency contact | witness | social worker | caseworker |
    case worker | case manager | key worker | keyworker | care coordinator | foster parent |
    chaperone | informant | companion |
    vormund | betreuer | betreuerin | betreuungsperson | gesetzlicher vertreter | gesetzl vertreter |
    gesetzliche vertretung | vertreter | vertreterin | bevollmachtigter | bevollmachtigte |
    vorsorgebevollmachtigter | vertrauensperson | bezugsperson | bezugspflege | beistand |
    pflegeperson | pflegende angehorige | ansprechpartner | ansprechpartnerin | ansprechperson |
    kontaktperson | angehoriger | angehorige | angehorigen | erziehungsberechtigte |
    erziehungsberechtigter | sorgeberechtigte | sorgeberechtigter | ehepartner | ehefrau | ehemann |
    gatte | gattin | lebenspartner | notfallkontakt | zeuge | begleitperson | sozialarbeiter |
    tuteur | tutrice | tuteur legal | curateur | curatrice | aidant | aidante | aidant principal |
    personne de confiance | personne a prevenir | personne a contacter | pers a prevenir |
    personne confiance | representant | representant legal | repr legal | responsable |
    responsable legal | accompagnant | accompagnante | conjoint | conjointe | epoux | epouse | proche |
    mandataire | temoin | assistante sociale |
    tutor | tutora | tutor legal | curador | curadora | cuidador | cuidadora | acompanante |
    representante | representante legal | apoderado | apoderada | persona de contacto |
    persona contacto | contacto de emergencia | familiar | familiar responsable | conyuge | esposo |
    esposa | testigo | trabajadora social | allegado |
    tutore | tutore legale | curatore | amministratore di sostegno | amministratore sostegno | badante |
    referente | familiare | familiare di riferimento | accompagnatore | accompagnatrice |
    rappresentante legale | legale rappresentante | delegato | fiduciario | coniuge | moglie | marito |
    persona di riferimento | persona da contattare | testimone |
    responsavel | responsavel legal | acompanhante | encarregado de educacao | encarregado educacao |
    pessoa de contato | pessoa de contacto | contato de emergencia | conjuge | mae | pai | testemunha |
    procurador | filiacao |
    mantelzorger | voogd | bewindvoerder | wettelijk vertegenwoordiger | vertegenwoordiger |
    contactpersoon | eerste contactpersoon | naaste | gemachtigde | zaakwaarnemer | echtgenoot |
    echtgenote | anhorig | anhoriga | narstaende | god man | forvaltare | vardnadshavare | formyndare |
    narmast anhorig | kontaktpersoner | parorende | naermeste parorende | verge | vaerge | foresatt |
    ektefelle | aegtefaelle | omainen | lahiomainen | huoltaja | edunvalvoja | yhteyshenkilo |
    puoliso | opiekun | opiekunka | opiekun prawny | opiekun faktyczny | przedstawiciel ustawowy |
    osoba upowazniona | osoba kontaktowa | osoba do kontaktu | malzonek | pelnomocnik | matka | ojciec |
    opatrovnik | zakonny zastupce | kontaktni osoba | manzel | manzelka | pecujici osoba |
    gondviselo | torvenyes kepviselo | hozzatartozo | kapcsolattarto | apartinator | tutore legal |
    reprezentant legal | vasi | veli | yasal temsilci | refakatci | yakini | hasta yakini |
    anne | baba | опекун | законный представитель | представитель | контактное лицо | родственник |
    родственники | супруг | супруга | доверенное лицо | попечитель | мать | отец | опікун | κηδεμονας |
    キーパーソン | 後見人 | 成年後見人 | 保佐人 | 補助人 | 法定代理人 | 代理人 | 保証人 | 身元保証人 |
    身元引受人 | 緊急連絡者 | 連絡者 | 介護者 | 主介護者 | 付添人 | 親権者 | 保護者 |
    监护人 | 監護人 | 代理 | 委托人 | 联系人 | 紧急联系人 | 家属 | 陪护人 | 陪护 | 护工 |
    보호자 | 후견인 | 법정대리인 | 간병인 | 비상연락인 | 대리인
"""
# Of those who treat somebody, or speak for them.
_STAFF: Final = """
    interpreter | translator | surgeon | surgeons | operating surgeon | lead surgeon |
    assistant surgeon | anaesthetist | anesthetist | anesthesiologist | radiologist | pathologist |
    radiographer | sonographer | consultant | referrer | referring physician | referring doctor |
    referring provider | attending | attending physician | attending md | midwife | nurse | therapist |
    physiotherapist | psychologist | family doctor | family physician | general practitioner | gp |
    prescriber | practitioner | physician | doctor | clinician | dentist | pharmacist |
    principal investigator | interviewer | rater | assessor | scrub nurse | pcp |
    dolmetscher | dolmetscherin | operateur | operateurin | chirurg | chirurgin | anasthesist |
    anasthesistin | oberarzt | oberarztin | chefarzt | assistenzarzt | assistenzarztin | stationsarzt |
    belegarzt | hausarzt | hausarztin | facharzt | zuweiser | einweiser | uberweiser |
    einweisender arzt | uberweisender arzt | zuweisender arzt | behandelnder arzt | behandler |
    operierender arzt | hebamme | untersucher | befunder | prufarzt | pflegekraft | pfleger |
    interprete | chirurgien | operateur principal | anesthesiste | sage femme | infirmier | infirmiere |
    medecin | medecin referent | medecin adresseur | medecin correspondant | medecin traitant |
    medecin prescripteur | adresseur | prescripteur | praticien | kinesitherapeute | psychologue |
    cirujano | cirujana | anestesiologo | anestesista | medico | medico tratante | medico referente |
    medico responsable | tratante | matrona | partera | enfermera | enfermero |
    chirurgo | primo operatore | anestesista | medico curante | curante | medico inviante | ostetrica |
    medico prescrittore | medico di base | cirurgiao | cirurgia responsavel | anestesiologista |
    medico assistente | medico solicitante | solicitante | enfermeiro | enfermeira | tolk | verwijzer |
    huisarts | behandelaar | hoofdbehandelaar | verloskundige | operateur arts | kirurg | remittent |
    ansvarig lakare | lakare | barnmorska | henviser | jordemoder | jordmor | lege | laege | tulkki |
    kirurgi | hoitava laakari | laakari | tlumacz | lekarz | lekarz prowadzacy | lekarz kierujacy |
    polozna | tlumocnik | osetrujici lekar | lekar | sebesz | kezeloorvos | chirurg operator |
    medic curant | tercuman | cerrah | sorumlu hekim | hekim | переводчик | хирург | лечащий врач |
    врач | 通訳 | 通訳者 | 執刀医 | 術者 | 麻酔科医 | 麻酔医 | 紹介医 | 担当者 | 受持医 | 主治医 |
    助産師 | 翻译 | 主刀 | 主刀医生 | 手术医生 | 麻醉师 | 麻醉医生 | 主治医师 | 主治医生 | 转诊医生 |
    责任护士 | 통역사 | 집도의 | 마취의 | 주치의 | 의뢰의 | 담당의 | 담당의사
"""
ROLES: Final = f"{_KIN}|{_STAFF}"
