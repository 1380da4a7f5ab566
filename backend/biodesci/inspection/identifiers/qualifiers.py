"""Words beside a noun in a column's name: of whom, of what, of where, and those for a number.

They are folded as `spelling.spaced` does when they are read (lexicon.py), and a phrase is apart by "|".
"""

from __future__ import annotations

from typing import Final

NUMBER: Final = """
    no | num | number | nbr | c | cis | numbers | numbr | numero | numeros | numer | numeru | nummer |
    numara | numarasi | cislo | numero id | id | ids | nr | n | nro | nos | nº | no de | numaras |
    номер | identifier | identifiers | ident | idents | identification | identifikation |
    identifikator | identyfikator | identificador | identificativo | identifiant | identificacion |
    identificatie | identificatienummer | identifikationsnummer | identificacao | identificazione |
    pid | ptid | fid | nu | kimligi | tunnus | tunniste | tunnusnumero | идентификатор | nomor |
    szam | szama | kennnummer |
    kennung | ordnungsnummer | recipient no | 号 | 号码 | 番号 | 번호 | 號碼 | 編號 | 编号 | 识别号 |
    識別番号 | アイディー | 식별번호
"""
CODE: Final = (
    "code | cod | cd | key | kod | codigo | codice | schlussel | код | コード"  # may be a code of categories
)
PATIENTS: Final = """
    hospitalized | inpatient | outpatient | utente | utentes | patient | patients | patienten |
    patientin | patientinnen | pt | pat | px | paciente | pacientes | pac | paziente | pazienti | paz |
    pz | usager | usagere | usagers | usuario | usuaria | service user | pasient | pasienten |
    pacjent | pacjenta | pacjenci | pacjentki | pacient | pacienta | hasta |
    hastanin | hastalar | potilas | potilaan | patientens | пациент | пациента | больного | 患者 |
    患者様 | 病人 | 受診者 | 受診 | 환자 | 수진자 | 手術患者
"""
STAYS: Final = """
    encounter | encounters | visit | visits | visite | visita | besuch | bezoek | wizyta | episode |
    episodio | episodios | epizod | epizodu | fall | falle | behandlungsfall | csn |
    vardtillfalle | vardkontakt | kontakt id | stay | pobyt | pobytu | wizyty | hospitalizations |
    behandling | 受付 | 来院 | 就诊
"""
OTHERS: Final = """
    recipient | payer | guarantor | insured | holder | owner | titular | titulaire | intestatario | inhaber |
    posiadacza | mother | father | parent | spouse | partner | nok | next of kin | relative |
    emergency | caregiver | mutter | vater | eltern | mere | pere | madre | padre | conjoint | conyuge |
    coniuge | angehorige | angehorigen | kind | child | enfant | hijo | figlio | dziecka | familiar |
    halter | karteninhaber | kontoinhaber | 本人 | 家族 | 配偶者 | 世帯主 | 保護者 | 보호자 | 家属 |
    联系人 | 긴급 |
    carer | carers | caregivers | guardian | tutor | tutora | tuteur | tutrice | tutore | vormund |
    betreuer | betreuerin | beistand | bezugsperson | bevollmachtigte | vertreter | vertreterin |
    kontaktperson | ansprechperson | cuidador | cuidadora | responsable | responsavel | acompanante |
    acompanhante | representante | referente | familiare | anhorig | anhoriga | parorende | omainen |
    mantelzorger | contactpersoon | voogd | opiekun | opiekuna | zastupce | yakini | refakatci | veli |
    husband | wife | son | daughter | sister | brother | sohn | tochter | ehefrau | ehemann | gatte |
    fils | fille | epoux | epouse | esposa | esposo | hija | hermana | hermano | moglie | marito |
    figlia | filho | filha | irma | irmao | mae | pai | moeder | vader | mor | far | matka | ojciec |
    bezugspersonen | surrogate | witness | respondent | caller | opdrachtgever | 代理人 | 後見人 |
    grandmother | grandfather | grandma | grandpa | aunt | uncle | stepmother | stepfather | foster |
    maternal | paternal | materna | materno | paterna | paterno | abuela | abuelo | nonna | nonno | avo |
    grossmutter | grossvater | tante | onkel | oncle | friend | neighbour | neighbor | freund | freundin |
    nachbar | nachbarin | vecina | vecino | amiga | amigo | voisin | voisine | mormor | farmor | morfar |
    farfar | babcia | dziadek | colleague | cousin | キーパーソン | 监护人 | 陪护人 | 후견인
"""
HOMES: Final = """
    heimat | heimatort | hometown | residence | residential | residencia | residenza | residencial |
    home | house | domicile | domicilio | domiciliation | living | wohnort | wohnung | wohnsitz |
    wohnadresse | heim | privat | private | privee | prive | privado | privato | prywatny | thuis |
    woonplaats | woon | woonadres | zamieszkania | zamieszk | domowy | bostad | bosted | bopael | hem |
    hjem | koti | kotiosoite | asuin | bydliste | ev | ikamet | adresi | adres | adresse | address |
    addr | adr | anschrift | direccion | indirizzo | endereco | morada | adresu | meldeadresse | casa |
    maison | habitation | vivienda | abitazione | городa | проживания | дома | ort | orts | ville |
    city | town | area | bereich | gebiet | zona | zone | region | 自宅 | 住所 | 居住地 | 現住所 |
    家庭 | 住址 | 居住 | 자택 | 거주지 | 주소 | 集合 |
    domizil | domiziladresse | hauptwohnsitz | nebenwohnsitz | wohngemeinde | wohnhaft | heimadresse |
    privatadresse | patientenadresse | zustelladresse | bostads | bostadsort | bostadsadress | bostadsadr |
    folkbokforing | folkbokforings | hemort | hemvist | hemadress | bosatt | kotikunta | asuinpaikka |
    asuinpaikan | kotiosoitteen | reside | resid | resident | residente | moradia | domiciliar |
    domiciliaria | domic | dom | habitual | particular | logradouro | vivienda habitual |
    residentie | verblijf |
    verblijfplaats | zamieszkanie | zameldowania | zameldowanie | miejsca | miejsce | pobytu stalego |
    trvale | trvaleho | trvaly | ikametgah | oturdugu | yasadigi | жительства | место | места | прописки |
    регистрации | lakohely | lakohelyi | resedinta | domiciliului | permanent | temporary | usual |
    mailing | billing | street | foyer | menage | haushalt | household | bolig | boligadresse | adressen |
    res | 居所 | 在住 | 住まい | 住居 | お住まい | 常住 | 户籍 | 现住 | 现住址 | 거소 | 실거주 | 집 |
    자택주소 | resd | mlg | cntct | hab | viv | zam
"""
VEHICLES: Final = """
    araci | aracin | машина | car | cars | auto | autos | automobile | vehicle | vehicles |
    motor vehicle | motorcycle | motorbike | truck | van | fahrzeug | fahrzeugs | kraftfahrzeug |
    wagen | pkw | lkw | kfz | motorrad | voiture | vehicule | vehicules | moto | camion | coche |
    coches | turismo | vehiculo | carro | autovehiculo | automovil | macchina | vettura | autovettura |
    veicolo | voertuig | wagens | samochod | samochodu | pojazd | pojazdu | auta | bil | bilens |
    fordon | fordons | kjoretoy | koretoj | ajoneuvo | ajoneuvon | arac | araba | otomobil | auto s |
    vozidla | vozidlo | veiculo | viatura | автомобиль | автомобиля | авто | машины | тс | 自動車 | 車 |
    自家用車 | 車輛 | 车辆 | 汽车 | 차 | 자동차 | 승용차 |
    veh | vehic | veic | fahrz | poj | car s | motor | lieferwagen | anhanger | trailer | automobil |
    bils | bilen | bilar |
    autonum | autocarro | furgone | moto s | motocyklu | auta sluzbowego | leasing | 車体 |
    车 | 機動車 | 机动车
    | lorry | scooter | moped | motor scooter | campervan | motorroller | zweirad | mofa | wohnmobil |
    omnibus | camionnette | cyclomoteur | deux roues | motocicleta | ciclomotor | furgoneta | camioneta |
    autobus | mezzo | automezzo | motociclo | ciclomotore | motorino | caminhao | onibus |
    motorfiets | bromfiets | bestelwagen | bestelbus | vrachtwagen | personbil | lastbil | motorcykel |
    lastebil | varebil | motorsykkel | knallert | moottoripyora | kuorma auto | henkiloauto | mopo |
    motocykl | motocykla | skuter | przyczepa | motosiklet | kamyon | мотоцикл | грузовик | прицеп |
    バイク | 原付 | トラック | 摩托车 | 货车 | 电动车 | 오토바이 | 트럭
"""
IMPLANTS: Final = """
    impl | implant | implants | implanted | implantat | implantats | implante | implantes | implantaat |
    implantu | implanto | impianto | protesi | implantable | implante activo | pacemaker |
    schrittmacher | herzschrittmacher | stimulateur | marcapasos | defibrillator | defibrillateur |
    desfibrilador | defibrillatore | prosthesis | prothese | protese | protesis | protezy | stent |
    valve | klappe | valvula | valvola | zastawka | pump | pompe | pompa | pumpe | bomba |
    insulinpumpe | hearing aid | horgerat | cochlear | stimulator | neurostimulator | stymulator | iol |
    implantti | kardiostymulator | пейсмекер | имплант | импланта | インプラント | ペースメーカー |
    ペースメーカ | 植込み | 人工弁 | 人工関節 | 起搏器 | 植入物 | 假体 | 임플란트 | 심박동기 | 이식
"""
# What a serial number is of, and is a diagnosis, a part of the body or a date, too.
WITH_SERIAL: Final = """
    pm | dai | icd | cied | crt | crt d | crt p | ilr | sm | hsm | dcei | mp | vad | lvad | dbs | vns | iol |
    aggregat | aggregate | generator | generatore | generador | gerador | boitier | loop recorder |
    event recorder | knee | hip | knie | hufte | huft | genou | hanche | rodilla | cadera | ginocchio | anca |
    component | components | komponente | komponenten | composant | composants | componente |
    componentes | componenti | komponent | onderdeel | njr | eprd | siris | aoanjrr | lroi | riap |
    joelho | quadril | tep | linse | sonde | lead | port | shunt | cgm
"""
DEVICES: Final = """
    device | devices | dispositivo | dispositif | dm | disp | equipo | cihaz | cihazi | gerate |
    geraete | gerat | gerats | medizinprodukt | aparato | aparelho | apparecchio | apparecchiatura |
    appareil | apparaat | hulpmiddel | urzadzenie | urzadzenia | aparat | aparatu | utrustning | enhet |
    enhets | utstyr | apparat | laite | laitteen | pristroj | устроиства | 設備 | 设备 | 機器 | 機械 |
    装置 | 기기 | 장치 | 器械
"""
# Whom an insurance is for, by whom a column of claims is.
INSURED: Final = """
    insured | subscriber | member | members | mbr | enrollee | policyholder | policy holder |
    beneficiary | bene | benef | versicherter | versicherte | versicherten | versicherungsnehmer |
    versicherungsnehmerin | assure | assuree | adherent | adherente | allocataire | ayant droit |
    beneficiaire | asegurado | asegurada | afiliado | afiliada | beneficiario | beneficiaria |
    derechohabiente | pensionado | pensionada | assicurato | assicurata | assistito | assistita |
    segurado | segurada | beneficiado | verzekerde | verzekeringnemer | polishouder | forsakrad |
    forsakrade | forsakrades | forsakringstagare | forsikret | forsikrede | forsikringstaker |
    forsikringstager | vakuutettu | ubezpieczony | ubezpieczona | ubezpieczonego | ubezpieczonej |
    pojistenec | pojistence | pojistnik | biztositott | asigurat | asiguratului | sigortali |
    sigortalinin | застрахованный | застрахованного | ασφαλισμενος | 被保険者 | 受給者 | 被保险人 |
    参保人 | 投保人 | 피보험자 | 가입자 | 수급자
"""
DRIVING: Final = """
    driver | drivers | driver s | driving | conducir | conducao | conductor | conduire | conducteur |
    conducente | guida | manejo | fahrer | kierowcy | kierowca | jazdy | bestuurder | forar | forer |
    surucu | ridice | водителя | 運転 | 驾驶 | 운전
"""
PROFESSIONS: Final = """
    prov | doc | dr | doctor | doctors | physician | physicians | prescriber | provider | practitioner |
    clinician | nurse | nursing | medical | surgeon | gp | pharmacist | therapist | attending |
    referring | arzt | arztin | arztes | hausarzt | behandler | pfleger | zahnarzt | medecin |
    praticien | prescripteur | infirmier | infirmiere | pharmacien | docteur | medico | medica |
    medici | facultativo | enfermero | enfermera | prescriptor | prescrittore | infermiere |
    farmacista | dentista | arts | huisarts | zorgverlener | verpleegkundige | voorschrijver | lekarz |
    lekarza | prowadzacy | prowadzacego | kierujacy | kierujacego | zlecajacy | zlecajacego |
    pielegniarki | farmaceuty | lakare | lakarens | lege | legens | laege | laakari |
    laakarin | doktor | hekim | lekar | lekare | profesional | professionnel | professionale |
    professional | zawodu | enfermeiro | врач | врача | 医師 | 看護師 | 薬剤師 | 主治医 | 医生 | 医师 |
    護理師 | 护士 | 의사 | 간호사 |
    solicitante | requesting | treating | supervising | responsible physician |
    tratante | assistente | executante | emitente | emissor | prescritor | prescritora | remetente |
    adresseur | operateur | chirurgien | chirurg | chirurgin | cirujano | cirurgiao | chirurgo |
    anasthesist | anesthesiste | anestesista | anesthetist | anaesthetist | radiologist | midwife |
    hebamme | sage femme | matrona | ostetrica | zuweiser | einweiser | behandelnder | behandelnde |
    zuweisender | uberweisender | uberweiser | curante | inviante | traitant | traitante | adressant |
    verwijzer | behandelaar | remittent | ansvarig | jordmor | barnmorska | cerrah | hekimin | physio |
    psychologist | kinesitherapeute | 執刀医 | 紹介医 | 担当医 | 主刀医生 | 집도의 | 담당의
    | prvdr | physn
"""
SILENT: Final = """
    of | the | for | pin | ref | reference | referenz | referencia | all | al | alla | allo | dell |
    agli | aux | au | sur | sull | nel | en | et | and | or | de | del | du | di | do | da | dos | des |
    della | dello | dal | la | le | el | il | l | d | s | a | e | o | i | y | und | oder | von | van |
    der | den | het | dem | das | die | op | na | w | od | z | i o | og | och | til | fra | aan | im |
    in | bei | am | zu | zum | zur | old | new | duplicate | dup | duplicada | duplicado | doppelt |
    doublon | own | current | full | last | main | primary | secondary | present | original | eigene |
    eigenes | alt | neu | aktuell | vecchio | nuovo | attuale | ancien | nouveau | actuel | actual |
    anterior | nuevo | nieuw | oud | huidig | nowy | stary | sua | suo | son | sa | su | zijn | haar |
    swoim | mit | med | sein | ihr | eigenem | proprio | propria | propio | amtl | amtliches |
    amtliche | official | officiel | oficial | ufficiale | personal | personalny | personale |
    personel | personnel | persoonlijk | ofic | krajowy | nazionale | nacional | national | federal |
    social | health | healthcare | sante | salud | salute | saude | sanitario | sanitaria | sanidad |
    gesundheit | gesundheits | kranken | zorg | zdrowotne | zdrowotnego | care | lebenslange |
    lebenslang | bank | bancaria | bancario | bancaire | bancarie | bankowy | bankowego | medizinische |
    registre | registro | registered | registration of | 登録 | 登记 | 登録済 | 등록 | の | 用 | 证 |
    証 | 別 | 付 | 現在 | 旧 |
    lek | kier | merged | fusionne | fusionnee | fusionado | unificado | unificar | unito | zusammengefuhrt |
    bereinigt | antigo | antiga | antiguo | antigua | previo | previa | precedente | precedent |
    vorherige | vorheriger | fruhere | fruherer | bisherige | alte | altes | neue | neues | earlier |
    previous | former | prior | legacy | nuova | nova | novo | nueva | nouvelle | nouveau | ancienne |
    vecchia | gammal | gammalt | gamla | gammel | tidligere | tidigare | forrige | stara | stare | nowa |
    poprzedni | poprzednia | poprzedniej | eski | onceki | yeni | vanha | entinen | predchozi | oude |
    vorige | nieuwe | старый | старая | прежний | прежняя | новый | confirmed | verified | gepruft |
    verifie | certifie | verificado | conferido | closed | chiuso | chiusa | ferme | cerrado | archived |
    archiviert | admin | administratif | administrative | administrativo | intern | internal | interne |
    interno | interna | extern | external | sap | epic | cerner | orbis | emr | ehr | egk | legal | legale |
    payout | refund | reimbursement | rimborso | reembolso | remboursement | fahrtkosten | auszahlung |
    erstattung | ruckerstattung | utbetalning | uitbetaling | wyplaty | zwrotu | expenses | deposito |
    振込 | 振込先 | 引落 | 引落し | 返金 | 返金先 | 入金 | 支払 | 新 | 前 | 現 | 原 | 舊 | 이전 | 기존 |
    환불 | 입금 | 退款 | 收款
    | incorrect | correct | corrected | temporary | provisional | falsche | falscher | falsch | richtige |
    richtig | korrekte | vorlaufige | provisorische | errone | erronee | corrige | provisoire | erroneo |
    erronea | correcto | correcta | errato | errata | corretto | corretta | sbagliato | sbagliata |
    provvisorio | errado | errada | correto | correta | onjuist | juist | foutief | tijdelijk | dubbel |
    dubbele | felaktig | felaktigt | riktig | riktigt | tillfalligt | dubbelt | dublett | forkert |
    midlertidig | dobbelt | bledny | poprawny | tymczasowy | docasne | spravne | vaara | oikea |
    tilapainen | yanlis | dogru | gecici | mukerrer | неверныи | правильныи | временныи | дубль | 仮 | 誤 |
    正 | 重複 | 临时 | 重复 | 임시 | 중복
    | meditech | trakcare | trak care | allscripts | athena | eclinicalworks | nextgen | systmone | emis |
    lorenzo | medway | ipm | webpas | ishmed | is h | imedone | i med one | nexus | soarian |
    dxcare | dx care | crossway | sillage | easily | hix | chipsoft | chip soft | ezis | takecare |
    take care | melior | cosmic | cambio | dips | doculive | apotti | lifecare | amms | clininet | tasy |
    aghu | selene | diraya | his
    | unisalute | uni salute | generali | allianz | axa | swica | helsana | sanitas | visana | bupa | wpa |
    aviva | cigna | aetna | humana | uhc | bcbs | kaiser | medibank | hcf | aok | barmer | dak | ikk | bkk |
    debeka | uniqa | mgen | harmonie | maaf | macif | adeslas | dkv | mapfre | asisa | vgz | menzis |
    achmea | folksam | lansforsakringar | gjensidige | tryg | pzu | unimed | amil | bradesco | sulamerica
"""
# Words with which a heading is of something else: a kind, a quantity, a time, a laboratory's machine.
OF_SOMETHING_ELSE: Final = """
    type | types | typ | typen | art | tipo | kind of | status | state | stato | estado | statut |
    zustand | class | klasse | classe | clase | category | kategorie | categoria | group | gruppe |
    groupe | grupo | gruppo | count | counts | total | sum | amount | anzahl | nombre de | cost |
    costs | charge | charges | price | prix | preis | kosten | costo | cout | value | wert | ratio |
    rate | score | index of | length | duration | dauer | days | day | date | datum | fecha | time |
    year | years | jahr | month | age | size | level | mean | min | max | median | std | sd | pct |
    percent | version | model | modell | modelo | modele | modello | manufacturer | hersteller | brand |
    marke | issuer | company | reason | grund | motif | motivo | result | flag | yes | has | is | name |
    names | well | sample | samples | specimen | probe | batch | lot | lots | run | slide | slides |
    block | gene | probeset | reagent | kit | scanner | analyser | analyzer | analysers | analyzers |
    analysegerat | analysator | instrument | sequencer | spectrometer | microscope | mikroskop |
    centrifuge | mri | ct | mrt | station | laboratory | labor | lab | laboratoire | laboratorio |
    sensor | camera | coil | electrode | chip | array | assay | barcode | freezer | rack | box | tube |
    thermometer | automate | analyseur | analizador | analizzatore | analizator | escaner | site |
    study | trial | protocol | country | pays | land | series | slice | image | scan | 種類 | 種別 |
    型 | 区分 | 状態 | 数 | 件数 | 日 | 类型 | 状态 | 数量 | 종류 | 상태 | 検体 | 試料 | 分析装置 |
    分析器 |
    points | point | punkte | puntos | punti | pontos | relationship | relation |
    verwandtschaft | verwandtschaftsgrad | parentesco | parentela | lien de parente | lien | language |
    sprache | langue | idioma | lingua | burden | usage |
    organisation | organization | department | abteilung | departamento | departement |
    dipartimento | reparto | servicio | servico | specialty | speciality | fachrichtung |
    especialidad | specialite | specialita | score | qualification | education | 続柄 | 関係 | 点数 |
    専門 | 关系 | 科室 | 관계
"""
# Of these words' parts a number is how many there are, unless it is called an id.
PLURALS: Final = """
    patients | pacientes | visits | encounters | episodes | episodios | hospitalizations | vehicles |
    devices | implants | claims | benefits | licences | licenses | cars | vehicules | implantes | coches |
    doctors | physicians | records | dossiers | members
"""
