"""Words that the recognizers know beside the lists of packages; each is written folded (lists.fold)."""

from __future__ import annotations

from typing import Final

# Parts of names that say nothing, and the shortest words.
PARTICLES: Final = """
al and aux bin con da das de del den der des di do dos du el for ibn la las le les los mac non not
of para per por que san st sur ten ter the una und van vom von with zu zur
"""
# First and family names that are frequent in a country and that the packages' lists lack.
FIRST_NAMES: Final = """
aoife niamh saoirse zofia agnieszka katarzyna bartosz wojciech thijs sander femke anouk wouter
joost maelys loane ewen killian gwendal solene anatole eulalie leopold apolline heidrun gunhild
detlef eckhard friedhelm irmgard waltraud hannelore reinhild sieglinde roswitha gertrud hiltrud
edeltraud begona itziar nerea ainhoa aitor inaki gorka montserrat remedios encarnacion purificacion
fulgencio ginevra ludovica fiorella ermenegildo gioacchino addolorata concetta immacolata carmela
rejean carmelle rosaire aurele marcelin valdomiro iracilda iracema jurandir jurema ednaldo edvaldo
genivaldo josenildo raimunda terezinha neusa neide cleusa zilda lindalva wanderley jandira dalva
deusdete expedito ivete harshavardhan meenakshisundari venkataraman ramakrishnan krishnamurthy
gopalakrishnan parvathi vijayalakshmi jayalakshmi muthulakshmi selvaraj ganesan senthil karthikeyan
padmavathi shanthi thirumalai surendra narendra jitendra dharmendra mukesh vimala eufrasio eufrasia
cuthbert obadiah mehitabel tryphena hephzibah osbert ermintrude fulgence hermeline anselme barnabe
zephirin euphrasie hermance gontran adhemar theodule hippolyte onesime cunegonde radegonde bathilde
honorine ambroisine leocadie hermenegilda crisoforo filemon melquiades tranquilino eustolia telesforo
macedonio teodolindo teodolinda aldobrandino domitilla gerlanda leonilda zelinda wilhelmijntje diederick
geertruida hendrikje jannetje berendina dirkje egbertus everdina gijsbertus hillegonda marrigje
pieternella rensje roelofje giselher balduin dankmar hadwig heinrike helmtraud leberecht ludwiga
radegund waltrudis wunibald engelbrekt iwar
rosaria priyanka sunita rajesh mahesh anjali lakshmi mohammed muhammad ahmed mehmet ayse fatma
zeynep emre
"""
LAST_NAMES: Final = """
okafor nwosu adeyemi chukwu mensah owusu nkrumah haddad khoury nasser farouk demir kaya yildiz
celik sahin aydin ozturk kowalczyk wisniewski wojcik kaminski lewandowski zielinski szymanski
wozniak dabrowski novak svoboda dvorak prochazka horvath szabo nagy toth kovacs petrov ivanov
sokolov popescu ionescu nguyen tran pham huynh hoang zhang wang chen yang zhao huang zhou kim park
choi jung kang gupta sharma patel singh kumar reddy iyer mukherjee banerjee chatterjee
"""
JAPANESE_FAMILY: Final = """
佐藤 鈴木 高橋 田中 伊藤 渡辺 渡邊 渡邉 山本 中村 小林 加藤 吉田 山田 佐々木 山口 松本 井上 木村 林
斎藤 斉藤 清水 山崎 森 池田 橋本 阿部 石川 山下 中島 石井 小川 前田 岡田 長谷川 藤田 後藤 近藤 村上
遠藤 青木 坂本 福田 太田 西村 藤井 金子 岡本 藤原 中野 三浦 原田 中川 松田 竹内 小野 田村 中山 和田
石田 森田 上田 原 内田 柴田 酒井 宮崎 横山 高木 安藤 宮本 大野 小島 谷口 今井 工藤 高田 増田 丸山
杉山 村田 大塚 新井 小山 平野 藤本 河野 上野 野口 武田 松井 千葉 菅原 岩崎 木下 久保 佐野 野村 松尾
市川 菊地 菊池 杉本 古川 大西 島田 水野 桜井 高野 吉川 山内 西田 飯田 西川 小松 北村 安田 五十嵐
川口 平田 関 中田 久保田 服部 東 岩田 土屋 川崎 福島 本田 辻 樋口 秋山 田口 永井 山中 中西 吉村
川上 石原 大橋 松岡 馬場 浜田 森本 星野 矢野 浅野 大島 吉岡 小池 野田 荒木 熊谷 松浦 大久保 内藤
黒田 尾崎 永田 川村 望月 松村 荒井 堀 田島 菅野 平井 早川 早乙女 西園寺 大石 岡 本間 関口 須藤 宮田
上原 小泉 篠原 森下 児玉 大谷 栗原 三宅 片山 成田 河合 内山 小沢 堀内 松永 岡崎 榎本 奥村 広瀬 桑原
白石 神田 津田 石橋 柳田 飯塚 吉野 鎌田 富田 八木 川島 古田 根本 西山 小田 萩原 秋元 倉田 比嘉 金城
宮城 大城 島袋 日比野 綾小路 伊集院 勅使河原
"""
JAPANESE_GIVEN: Final = """
太郎 次郎 三郎 一郎 花子 健太 健一 健二 誠 浩 茂 実 清 隆 学 進 勝 豊 修 剛 大輔 翔太 拓也 直樹
和也 哲也 達也 雄太 裕太 祐介 陽介 健 翔 蓮 大翔 悠真 湊 樹 颯太 陽太 陽斗 大和 悠斗 正 正雄 和夫
幸雄 昭 昭夫 義雄 博 弘 武 敏夫 洋子 幸子 和子 恵子 京子 節子 裕子 久美子 由美子 陽子 真由美 明美
直美 智子 美香 香織 恵 愛 美咲 彩 さくら 葵 陽菜 結衣 凛 美羽 優子 千尋 七海 楓 遥 麻衣 文子 静子
千代 ヨシ子 キヨ ハル 礼子 順子 典子 美穂 真理子 絵里 沙織 佳奈 瑞希 龍之介 慎太郎 孝之 英樹 秀樹
俊介 康平 亮 涼
"""
# Places that are names of persons, too, or that the packages' lists lack.
PLACES: Final = """
virginia carolina georgia dakota jersey montana florida texas alabama arizona washington delaware
kansas nevada oregon idaho utah ohio iowa maine york paris london berlin vienna wien munchen munich
hamburg koln zurich geneva basel bern milan milano roma rome torino napoli firenze florence venezia
bologna madrid barcelona sevilla valencia bilbao lisbon porto lyon marseille toulouse nice nantes
bordeaux lille amsterdam rotterdam leiden utrecht groningen boston chicago houston dallas austin
denver phoenix philadelphia cleveland baltimore seattle portland francisco angeles diego antonio
jose santa saint charlotte columbus jackson lincoln madison orlando tampa atlanta miami detroit
minneapolis oxford cambridge bristol leeds manchester liverpool sheffield glasgow edinburgh dublin
belfast cardiff birmingham sydney melbourne brisbane perth auckland wellington toronto montreal
quebec ontario alberta india china japan israel jordan chad malta cuba kenya mali brazil chile peru
france germany spain italy ireland england scotland wales britain australia africa asia europe
america north south east west lake river mount fort island beach valley county city park hills
springs bay port tokyo osaka kyoto nagoya sapporo framingham heidelberg freiburg tubingen mainz
essen bonn aachen kiel ulm jena leipzig dresden hannover wurzburg
"""
# Eponyms, drugs, months, categories: what is capitalised in medical and other tables, and names nobody.
WORDS: Final = """
january february march april may june july august september october november december januar
februar marz mai juni juli oktober dezember janvier fevrier mars avril juin juillet aout septembre
octobre enero febrero marzo abril mayo junio julio agosto gennaio aprile maggio giugno luglio
settembre ottobre monday tuesday wednesday thursday friday saturday sunday montag dienstag mittwoch
donnerstag freitag samstag sonntag spring summer autumn winter alzheimer parkinson crohn hodgkin
huntington down turner klinefelter marfan hashimoto graves basedow cushing addison wilson raynaud
sjogren behcet kawasaki takayasu wegener guillain barre tourette asperger rett lynch paget ewing
wilms kaposi burkitt barrett meniere dupuytren babinski romberg lasegue doppler holter foley swan
ganz billroth whipple hartmann fontan norwood glasgow barthel karnofsky apgar charlson child pugh
gleason breslow clark dukes wells killip rankin hamilton beck montgomery asberg young mini mental
becker duchenne charcot friedreich fabry gaucher pompe tay sachs bechterew scheuermann perthes
osgood baker morton horner fallot brugada wolff white chagas weil lyme coombs rhesus kell duffy
kidd lewis mary ann aspirin ibuprofen metformin ramipril bisoprolol amlodipin simvastatin warfarin
heparin marcumar insulin paracetamol penicillin type class grade stage group arm treatment control
placebo baseline visit week day month year male female man woman other unknown none yes no true
false never always current former smoker high low medium normal abnormal mild moderate severe left
right upper lower positive negative single married divorced widowed black brown green blue red grey
gray pink rose violet amber ivory ruby scarlet olive coral hazel ginger daisy lily iris jasmine ivy
holly fern heather poppy basil rosemary sage clover cherry berry peach penny sterling crystal pearl
jade opal diamond angel star sky rain storm hope faith grace joy charity destiny honor justice
mercy patience prudence constance victor major duke earl king prince knight baron dean bishop pope
judge marshal general butcher carpenter cook farmer fisher gardener hunter mason miller potter
shepherd singer smith taylor tailor weaver wheeler driver porter fox wolf bear lion bird crane
drake hawk robin martin jay bull lamb fish salmon wood woods forest field fields stone rock hill
dale marsh brook rivers bush cotton chevrolet ford mercedes lincoln mercury dodge chrysler cadillac
pontiac plymouth honda mazda merc lotus price rich poor strong little long short small large big
old new love good best sharp bright cross church bell ball banks barnes case chance chase close
curtis doe drew ever frank gene grant guy hand harm head heart hunt jack lane lance law lee mark
max miles norm nick page pat pierce randy ray read reed rob rod roman sale sandy sean self sue
terry tom tony trinity van ward wade walker war way wise worth alfa alpha beta gamma delta epsilon
sigma omega theta lambda patient patients doctor nurse professor student sir madam christian muslim
jewish catholic protestant buddhist hindu asian african american european hispanic latino caucasian
german french spanish italian japanese english british irish scottish dutch republican democrat
liberal conservative labour independent herr frau mutter vater bruder schwester tochter sohn onkel
tante oma opa arzt arztin hausarzt befund termin anruf blut herz lunge leber niere magen darm kopf
hals bauch knie fuss schmerz fieber husten klinik praxis station labor ergebnis kontrolle
anat func izquierdo derecho izquierda derecha minor major font
infant infants cases blocks block solar rails liberty
siemens philips
achieva skyra prisma zeiss leica olympus nikon canon toshiba hitachi lilly
pfizer janssen bayer merck roche gate golden orange agent bismarck giemsa masson goldner
valve freely artery bypass stent graft implant catheter
"""
# Names of methods and scores in statistics and medicine, which columns are called after.
EPONYMS: Final = """
harris benedict cockcroft gault mosteller dubois kaplan meier weibull pearson spearman kendall welch fisher
starling whitney lemeshow haldane bazett fridericia hodges schwartz friedewald martin hopkins tanner bayley
conners hamilton montgomery karnofsky epworth lawton katz norton braden waterlow
hunt hess cormack lehane shannon simpson rutherford raven bradford ishak likert richter hosmer nagelkerke
stroop wechsler fontaine mallampati rankin gleason breslow bishop
"""
# What stands beside a name that is a method's: Weber_fraction.
EPONYM_NOUNS: Final = """
scale score index test fraction grade grading class classification criteria stage level sign law number ratio
skala stadium klassifikation diversity entropy
"""
