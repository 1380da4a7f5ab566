"""Nouns of what is numbered: by the kind of identifier, and by how much else each has to have beside it.

They are folded as `spelling.spaced` does when they are read (lexicon.py), and a phrase is apart by "|".
"""

from __future__ import annotations

from typing import Final

from biodesci.inspection.identifiers.qualifiers import INSURED

# Nouns that need nothing beside them. What these columns hold decides further (headed.py).
ALONE: Final = {
    "record number": """
        mrn | ipp | nhc | nosologico | prontuario | expediente | aufnahmezahl | krankengeschichte |
        empi | iep | medical record number | unit number | storia clinica | chorobopis |
        sairauskertomus | patientenakte | krankenakte | カルテ | 診察券 | 診療録 | 病案 | 住院 | 病历 |
        病歷 | 门诊 | 차트 | 진료기록 | 병록 | 病歴番号 | 病历号 | 就诊卡 | 门诊号 | 登记号 | 병록번호 |
        진료번호 | potilaskertomus | patientjournalnummer | медкарты | медицинскои карты |
        истории болезни | амбулаторнои карты |
        nda | mr no | mr num | mr number | medrec | medrec no | hosp no | hosp nr | hospital number | pat nr |
        numero de dossier | hastane no | protokol no | dosya numarasi | カルテno | falnr | fallnr |
        scheda sdo | scheda di dimissione |
        unit no | unit nr | uhid | umrn | umr no | cr no | cr number | mrd no | ipd no | opd no | ip no |
        hrn | num hc | nro hc | numero hc | n hc | hist clin | hist clinica | hist chor | histor chor |
        nr ks gl | cart clin |
        reservnummer | reservnr | hjelpenummer | hjelpenr | erstatningspersonnummer | ponsnummer |
        ponsnr | ponskaart | pas no | pas number
    """,
    "national id": """
        fuhrerschein | fuehrerschein | driving licence | driving license | drivers license |
        drivers licence | driver s license | driver s licence | driver s lic | drivers lic |
        driving lic | lic conducir | permis de conduire | permis conduire | carnet de conducir |
        carnet conducir | fahrerlaubnis | licencia de manejo | licencia manejo | licencia de conducir |
        licencia conducir | permiso de conducir | permiso conducir | patente | patente guida | cnh |
        rijbewijs | prawo jazdy | korkort | forerkort | korekort | ajokortti | ridicsky prukaz |
        ehliyet | surucu belgesi | cedula profesional | carta de conducao | carta conducao |
        водительское удостоверение | водительские права | 運転免許 | 運転免許証 | 免許証 | 운전면허 |
        운전면허증 | 驾驶证 | 驾照 | 驾驶执照 | 行驶证 | passport | reisepass | passeport | pasaporte |
        passaporto | passaporte | paspoort | paszport | pasaport | pas cestovni | burgerservice |
        nationalite | sozialversicherung | rentenversicherung | rentenvers | rv | security social |
        oib | pesel | personnummer | rodne cislo | codice fiscale | lanr | bsnr | zanr | rpps | adeli |
        npi | pwz | npwz | vpnr | vertragspartnernummer | colegiado | colegiada | no colegiacion |
        num colegiacion | lebenslange arztnummer |
        betriebsstattennummer | betriebsstatte | arztnummer | prescriber license | prescriber licence |
        medical license | medical licence | state license | nursing license | nursing licence |
        big register | iscrizione albo | iscrizione ordine | iscritto albo | albo medici |
        albo professionale | tessera professionale | numero ordine | registro profesional |
        matricula profesional | licencia medica | licenca medica | prawo wykonywania zawodu |
        ordem dos medicos | cedula medica | legitimationsnummer | autorisationsid | 医籍 | 医師免許 |
        看護師免許 | 看護師籍 | 薬剤師免許 | 歯科医籍 | 薬剤師名簿 | 医師登録 | 医师资格 | 执业证 |
        执业医师 | 医师执业 | 의사면허 | 간호사면허 | 면허번호 | 의료인면허 | basisrentennummer |
        基礎年金 | 住民票コード | spz | ydernummer | hpr nummer | forskrivarkod | clk | icz | nmc pin |
        gmc number | dea number | upin | personalausweisnummer | diploma tescil | sicil | ruhsat |
        执业证书 | 资格证书 | gmc reference |
        fuhrerausweis | fuehrerausweis | lernfahrausweis | ced prof | cedula prof | ced profesional |
        cedula | registro medico | berufsausubungsbewilligung | approbationsurkunde | arztausweis |
        heilberufsausweis | gmc pin | gmc ref | hcpc reg | nmc reg | gphc reg | fsp pin | nurse pin |
        carte professionnelle | n ordine | no ordre | n ordre | num ordre | permis b | inscription ordre |
        numero d ordre | big nummer | big nr | leg nr | legitimations nr | ordem medicos | coren | crefito |
        医師番号 | 免許番号 | 医師登録番号 | 登録医番号
        | ihi | individual health identifier | individual healthcare identifier | health identifier |
        healthcare identifier | identifiant de sante | identifiant national de sante |
        identificador de salud | identificador sanitario | chi number | vertragspartner
    """,
    "account or insurance": """
        polizza | polizze | poliza | polisa | polisy | apolice | carteirinha | clabe | iban | kvnr |
        cip sns | cip sip |
        egk | bankverbindung | kontoverbindung | bankdaten | bankkonto | coordonnees bancaires |
        datos bancarios | coordinate bancarie | dane bankowe | bankgegevens | dados bancarios |
        credit card | debit card | bank card | kreditkarte | carte bancaire | carte bleue |
        carta di credito | tarjeta de credito | cartao de credito | karta platnicza | karta kredytowa |
        bankpas | bankkaart | betaalpas | creditcard | betaalrekening | nss | health plan |
        carte vitale | carte mutuelle | tarjeta sanitaria | tessera sanitaria | team card |
        european health card | cartao nacional de saude | medicaid | medicare | versicherungsschein |
        versichertenkarte | gesundheitskarte | krankenversichertennummer | 保单 | 医保 | 医保卡 |
        银行卡 | 信用卡 | 口座 | 保険証 | 被保険者 | 保険者 | 被保険者証 | 資格確認書 |
        クレジットカード | 계좌 | 보험증 | 건강보험증 | 증권 | 피보험자 | 통장 | 신용카드 | hicn | mbi |
        insurance card | insurance policy | member id card | bank details | cuenta corriente |
        conto corrente | compte courant | compte bancaire | cuenta bancaria | conto bancario |
        conta bancaria | conta corrente | pojistence | sygesikring | sygesikringsbevis |
        vakuutuskortti | pojistka | 受給者 | 公費負担者 | 介護保険 | 年金 | 参保 | 社保卡 | 健康卡 |
        卡号 | 증번호 | полис омс | полиса омс | омс |
        ehic | european health insurance card | ekvk | ceam | cesd | ekuz | krankenkassenkarte |
        veka | ve ka |
        ramq | nam | numero d assurance maladie | carte soleil | carte assurance maladie | ohip |
        health card | pmjay | pm jay | ayushman | abha id | abha no | cghs | echs no | esic | esi no |
        rsby card | muface | mugeju | isfas | imss | issste | cns paciente | tsi num | num tsi | no tsi |
        pol no | pol nr | pol num |
        n adh | no adh | num adh | n adherent | カード払い番号 | 振込口座 | 振込先口座 | 引落口座
        | e gk | pol number
    """,
    "device or vehicle": """
        udi | iud | vin | niv | imei | immat | immatr | kennzeichen | kenteken | immatriculation |
        immatricule | nummernschild | matricula | targa | placa | placas | plaka | car reg |
        vehicle tag | license plate | autokennzeichen | licence plate | number plate |
        registration plate | vehicle registration | bastidor | telaio | plaque mineralogique |
        plaque immatriculation | plaque d immatriculation | carte grise | permiso de circulacion |
        rejestracja pojazdu | registreringsskylt | rekisteritunnus | rekisterikilpi |
        statni poznavaci znacka | nummerplade | nummerskilt | registracni znacka | госномер |
        гос номер | номерной знак | matricola | seriennummer | fahrgestell | fahrgestellnummer |
        chassisnummer | chassisnr | 车牌 | 车架 | 차량 | 차대 | 車両 | 車台 | 車台番号 | 車検証 |
        ナンバープレート | 車のナンバー | 번호판 | 자동차등록 | plakasi | araba plakasi | arac plakasi |
        nr rejestracyjny | stelnummer | understellsnummer | alustanumero | rekisterinumero |
        registreringsnummer | registreringsnr | skiltnummer | chassinummer | chassinr |
        pacemakernummer | valmistenumero | sasi no | sasi numarasi | 发动机号 | 出厂编号 | 序列号 |
        シリアルナンバー |
        reg mark | registration mark | veh reg mark | index mark |
        kontrollschild | kontrollschilder | veh reg | vrm | chassis | chasis | chassi | chassis no |
        fahrgestellnr | fahrzeugident | fahrzeug ident | fahrzeugidentifikation |
        ser nr | ser nummer | ser num | seriennr | numero de chassis | car registration | reg plate |
        regnr | registreringsnr |
        車台no | 車両番号 | 製造番号 | 製番 | 제조번호 | 차대번호
        | amtl kennz | pol kennz | polizeiliches kennz | rego
    """,
    "postcode": """
        zip | zip code | zipcode | plz | postleitzahl | postleitz | postcode | postal code |
        code postal | codigo postal | codice postale | codice avviamento postale | cod postal | cep |
        kod pocztowy | kod poczt | posta kodu | postnummer | postnr | postinumero | psc |
        pin code | pincode | pin cd | eircode | code post | cod post | poststed nummer | irsc |
        почтовый индекс | postindex | 邮编 | 邮政编码 | 郵便 | 郵便番号 |
        郵遞區號 | 우편 | 우편번호 |
        npa code | code npa
    """,
    "phone or fax": "fax | telefax | faks | faksu | telecopie | telecopia | 传真 | 팩스",
}  # fmt: skip
# Nouns of which even a patient's is no number, unless a word says that it is one: a hospital, a stay in it.
NUMBERED: Final = {
    "record number": """
        hospital | clinic | aufnahme | sejour | ricovero | ingreso | admission | hospitalisation |
        hospitalizacion | hospitalizacja | hospitalizacji | opname | krankenhaus | klinik | klinikum |
        spital | hosp | szp | kis | hopital | ospedale | ziekenhuis | szpital | szpitala | sjukhus | sykehus |
        sygehus | sairaala | nemocnice | hastane | 病院 | 入院 | 外来 | 医院 | 就诊 | 登记 | 병원 |
        입원 | 외래 | 진료 | zis | epd | sih | ur | urn
    """,
    "national id": "nhi | phn | hcn | abha",
    "account or insurance": "guarantor | insured | policyholder | versicherungsnehmer | payer | coverage",
    "device or vehicle": """
        vehicle | vehicule | fahrzeug | veicolo | vehiculo | pojazd | pojazdu | veiculo | voertuig |
        自動車 | 자동차
    """,
}
# Nouns that are something else unless a word says that it is their number, or whose they are.
SUPPORTED: Final = {
    "record number": """
        record | records | med rec | medical record | chart | hospital record | clinical record |
        dossier | dossiers | karta | karty | kartoteka | kartoteki | ksiega | ksiegi | ksiegi glownej |
        historia | historia clinica | ha clinica | cartella | cartella clinica | cartella sanitaria |
        registro hospitalar | journal | patientjournal | akte | akten | protokol | protokoll | dosya |
        fiche | ficha | karte | kartei | dokumentacji | dokumentacja | processo | processo clinico |
        patientendossier | stat dossier | медкарта | карта | истории болезни | амбулаторной карты |
        doss | krankengesch | ks gl | ksiega glowna | ksiegi gl |
        records office | rec | journalen | forlob | opphold | potilas kertomus | dokumentace |
        historii | choroby | karta pacjenta | archiv | archive | archives | archivio | archivo |
        medical file | patient file | patient card | karty pacjenta | 病歴 | 病历编号 | 紹介 | 접수
    """,
    "national id": """
        licence | license | lic | licensure | dl | fs | permis | permiso | permit | habilitacao | pass |
        id card | identity card | identity document | kimlik | ausweis | personalausweis |
        carte identite | carte d identite | documento identidad | documento de identidad |
        documento di identita | carta identita | dowod osobisty | dowodu osobistego | identiteitskaart |
        identitetskort | bilhete de identidade | licencia | licenza | licenca | lizenz | zulassung |
        approbation | vergunning | laakarinoikeus | legitimation | autorisation | colegiacion | albo |
        ordine | ordre | colegio | collegio | ordem | crm | coren | fnomceo | opi | big | agb | gln |
        zsr | hpr | dea | gmc | nmc | gdc | gphc | hcpc | ahpra | efn | upin | inami | riziv |
        rizivnummer | sv | svnr | social insurance | soc ins | national insurance | sozialvers |
        securite sociale | secu | previdencia | previdenza | zus | лицензия | удостоверение | паспорт |
        免許 | 면허 | 证件 | 资格证 | 护照 | 旅券 | パスポート | 여권 | licencja | licencji | koncesji |
        certificate | cert | certification | certificat | certificado | certificato | zertifikat |
        certyfikat | certyfikatu | certifikat | badge | legitimasjon | doc identidad | doc identite |
        prukaz | prukazu | mci | medical council | nursing council | state council | pmdc | hpcsa |
        cpso | cmq | oiiq | opq | odq | cnom | omceo | nipip | college des medecins |
        arztekammer | conselho regional | colegio medico | izba lekarska | forerkortnr | valvira |
        isv | diploma | tescil | identiteits | 証明書
    """,
    "account or insurance": """
        insurance | ins | health insurance | policy | member | membership | subscriber | beneficiary |
        enrollee | versicherung | versicherten | versicherter | versicherte | versicherungs | vers |
        kv | mitglied | mitglieds | krankenkasse | kasse | krankenkassen | krankenversicherung |
        krankenvers | police | policen | vertrag | vertrags | assurance | mutuelle | assure | assuree |
        adherent | adherente | contrat | contrat assurance | contrat mutuelle | caisse |
        complementaire | seguro | seguros | seguro medico | afiliacion | asegurado | asegurada |
        aseguradora | afiliado | afiliada | beneficiario | mutua | socio | seguridad social | contrato |
        assicurazione | assicurato | assicurata | assistito | tessera | contratto | verzekering |
        verzekerde | verzekerden | verzekerings | zorgverzekering | zorgpas | polis | lidmaatschap |
        ubezpieczenie | ubezpieczenia | ubezpieczonego | ubezpieczony | ubezpieczonej | forsakring |
        forsakrings | forsikring | forsikrings | vakuutus | pojisteni | pojistovna | pojistence |
        sigorta | sigorta police | police sigorta | sgk | convenio | segurado | utente | plano saude |
        plano de saude | полис | страховой | страховка | account | acct | a c | billing acct |
        billing account | bank account | bank | konto | konta | compte | cuenta | cta | conto | c c |
        conta | rachunek | rachunku | rekening | rek | tili | uctu | ucet | hesap | счет | card | kart |
        carte | carta | tarjeta | cartao | karten | pas | giro | sepa | 保険 | 保险 | 社保 | 账户 |
        账号 | 賬戶 | カード | 카드 | 보험 | 健保 | 国保 | 組合員 | 記号 | 証券 | payer | claim |
        claims | benefit | benefits | authorization | authorisation | invoice | rechnung | facture |
        factura | fattura | faktura | faktury | rachunku bankowego | smlouvy | medlem | medlems |
        jasen | clen | legitymacji | legitymacja | polise | forsikringsbevis | forsakringsbrev | kela |
        kort | bankkort | sygesikrings | страховки | страхования | счета | карты банка | sozial |
        vitale | mutual | obra social | previsional |
        cpte | kto | bankverb | bankverbdg | krankenk | ktnr | postkonto | postfinance | clabe interbancaria
        | memb | enrl | acnt | clm | forsakr | ubezp | pojist | versich | assur | verz | afil
    """
    f"| {INSURED}",
    "device or vehicle": """
        serial | serie | seri | serien | serijny | seryjny | seryjnego | sarja | serije | s n | sn |
        chassis | chasis | chassi | sasi | podwozia | nadwozia | reg | regn | rej | rejestracyjny |
        rejestracji | registration | registrering | registrerings | rekisteri | zulassungs | kfz | pkw |
        kennz | matricule | plak | 製造 | シリアル | 일련 | 序列 | ナンバー | 車牌 | 自動車登録 |
        車両登録 | серийныи | 시리얼 | 출고 | fabryczny | fabrikations | vyrobni | vyrobce | sarjan |
        hersteller | herstellungs | машины | автомобильныи
    """,
    "postcode": "cp | npa | c p | cap | p code | pcode | kod | indeks | индекс | 〒",
    "phone or fax": "callback | call back | contact | handy | mobile | pager | beeper",
}  # fmt: skip
# Nouns that are much else, even with a number: a well plate, dental plaque. Beside a car's they are a car's.
QUALIFIED: Final = {
    "device or vehicle": """
        plate | plates | tag | plaque | tablica | tablice | skylt | skilt | kilpi | znacka |
        ser no | ser | matr
    """,
    "postcode": "post | poste | postal | postale | poczt | pocztowy",
    "national id": "carnet | carne | iscrizione | inscription | inscripcion | iscritto | inscrit | register",
}
