"""Word lists for the generated articles. Places, people and events are invented."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Trade:
    """A kind of workplace: its name, what it handles, and its deeds as (headline form, perfect form)."""

    kind: str
    item: str
    items: str
    deeds: tuple[tuple[str, str], ...]


PLACES = (
    "Narigol", "Solbatmaru", "Unbyol", "Haetnuri", "Kangmaru", "Tolsaem", "Ponnae", "Sanmaru", "Pyolgol",
    "Chamnari", "Kumsaemgol", "Barammoe", "Nunkkot", "Turumigol", "Kaorimaru", "Mulbora", "Chopsaem",
    "Oreumgol", "Hanullim", "Pomnuri", "Saebyokgol", "Ipsaemaru", "Poplargol", "Norumoe",
)  # fmt: skip

NAMES = (
    "Kang Sol Ha", "Ri Un Byol", "Pak Na Ri", "Han Kum Saem", "O Chol Maru", "Yun Pom I", "Chang Hae Nuri",
    "Sin Mul Gyol", "Ma Tu Rum", "Ho Sae Rom", "Ryu Kang San", "Paek Nun Song",
)  # fmt: skip

TRADES = (
    Trade("Fruit Farm", "pear crate", "pear crates", (
        ("gathers early pears", "gathered its early pears"),
        ("plants young apple trees", "planted young apple trees on the south slope"),
        ("opens drying shed for persimmons", "opened a drying shed for persimmons"),
        ("grafts hardy plum trees", "grafted hardy plum trees from its own nursery"),
        ("repairs orchard ponds", "repaired the ponds that water its orchard"),
    )),
    Trade("Weather Station", "rain gauge", "rain gauges", (
        ("puts new wind vane into use", "put a new wind vane into use"),
        ("completes hundred-year rain table", "completed a table of a hundred years of rain"),
        ("starts daily frost bulletin", "started a daily frost bulletin for gardeners"),
        ("rebuilds its lookout tower", "rebuilt its wooden lookout tower"),
    )),
    Trade("Choir", "song sheet", "song sheets", (
        ("sings for ferry passengers", "sung for the passengers of the morning ferry"),
        ("learns old boat songs", "learnt six old boat songs by heart"),
        ("opens rehearsal room", "opened a rehearsal room above the bakery"),
        ("gives concert in snow", "given a concert in the snow"),
    )),
    Trade("Ceramics Factory", "teapot", "teapots", (
        ("fires first kiln of season", "fired the first kiln of the season"),
        ("makes lighter teapots", "made a lighter teapot with a wider lid"),
        ("brings back blue glaze", "brought back a blue glaze of its founders"),
        ("halves fuel for kilns", "halved the fuel that its kilns need"),
    )),
    Trade("Knitwear Factory", "pullover", "pullovers", (
        ("finishes winter pullovers", "finished the winter's pullovers"),
        ("trains twenty new knitters", "trained twenty new knitters"),
        ("shows patterns by pupils", "shown patterns drawn by pupils"),
        ("mends old looms", "mended looms that had stood idle for years"),
    )),
    Trade("Bee Farm", "honey jar", "honey jars", (
        ("takes acacia honey", "taken its acacia honey in dry weather"),
        ("moves hives to clover fields", "moved its hives to the clover fields"),
        ("sends wax to candle makers", "sent clean wax to the candle makers"),
    )),
    Trade("Clock Factory", "wall clock", "wall clocks", (
        ("sets tower clock going again", "set the tower clock of the town going again"),
        ("builds quieter wall clock", "built a wall clock that ticks more quietly"),
        ("holds open day for families", "held an open day for families"),
    )),
    Trade("Library", "reading lamp", "reading lamps", (
        ("lends its millionth book", "lent its millionth book"),
        ("hangs new reading lamps", "hung new reading lamps in both halls"),
        ("reads aloud on winter evenings", "read aloud on each winter evening"),
    )),
)  # fmt: skip

SECOND_LINES = (
    "Opening day of {place} {kind} held with music",
    "Photo show of {place} {kind} drawn up by its staff",
    "Neighbours of {place} {kind} invited to look round",
    "Round table on \"a plain job done with care\" held at {place} {kind}",
)  # fmt: skip

MANNERS = (
    "ahead of schedule", "in time for the spring fair", "after {n} days of steady work",
    "with the help of its neighbours", "for the second time this year", "although the autumn was wet",
)  # fmt: skip

OPENINGS = (
    "The {place} {kind} has {perfect} {manner}, and those from {other} who had lent a hand came to see it.",
    "The {place} {kind} has {perfect}--the best result in {k} years--and shares what it learnt with {other}.",
    "{manner_first}, the {place} {kind} has {perfect}, a task that its staff had set themselves last winter.",
)

SENTENCES = (
    "It took {n} days, two fewer than planned.",
    "\"Nobody wanted to go home before the last {item} was in its place,\" said {name}, who leads the shift.",
    "The workers' committee thanked the neighbours in {other} for lending {k} carts and a dry store.",
    "A new ledger--bound in green cloth--lists {n} {items} and the day on which each was finished.",
    "Visitors from {other} asked about the {item}, its weight and its makers' names.",
    "The morning was clear; by noon a light wind from the hills had dried the yard.",
    "Pupils of the local school drew the {items} for their wall newspaper, and {n} of them now hang there.",
    "The chief technician, {name}, called it \"a plain job done with care\".",
    "Last year's figure was {m}, this year's is {n}, and next year's plan is being drawn up.",
    "The canteen cooked bean soup for {n} people, and the choir's second row sang before supper.",
    "Rain fell on {k} of the days, yet the {items} stayed dry under the long roof.",
    "Some {n} {items} will go to {other}; the rest will stay where they are.",
    "{name} and {name2} look at every {item} twice: once by daylight, once by lamp.",
    "Older colleagues recall that the first {item} here was made from a borrowed drawing--and still works.",
    "The road to {other} was closed for a day, so the {items} went by boat.",
    "In the evening {name} read out the names of all {k} teams, and each was given a basket of chestnuts.",
    "There are {m} {items} on the shelves now, counted and labelled.",
    "The plan isn't finished: a second hall, somewhat smaller, is to follow before the year's end.",
    "\"Don't hurry, don't stop\" is written above the door in {name2}'s careful hand.",
    "Whoever passes the gate at dawn can hear the pump, the broom and somebody's radio.",
    "The {items} were weighed again on the spot, and the scale's error came to less than {k} grammes.",
    "Letters of thanks arrived from {other}, one of them with {k} pressed flowers in it.",
)  # fmt: skip

EDITS = (
    "A later count gives {n} {items}, {k} more than was first written.",
    "The date was set by {name}, not by {name2} as an earlier text had it.",
    "The number of {items} has since been checked and stands at {m}.",
)

SUBHEADINGS = ("At the bench", "Before sunrise", "Two Halls, One Plan", "From the Shift Book", "World of Small Things")

CAPTIONS = (
    "A {item} on the bench of {name}",
    "The yard of the {place} {kind} in the morning",
    "{name} and {name2} beside the newest of the {items}",
)

KOREAN_PLACES = ("나리골", "솔밭마루", "은별", "햇누리", "강마루", "돌샘", "봄내", "산마루", "별골", "참나리")
KOREAN_KINDS = (
    "과일농장", "기상관측소", "도자기공장", "꿀벌농장", "시계공장", "뜨개옷공장", "도서관", "합창단",
)  # fmt: skip
KOREAN_DEEDS = (
    "올해의 첫 수확을 예정보다 열흘이나 앞당겨 끝내고 이웃마을 사람들과 기쁨을 함께 나누었다",
    "오래된 설비를 새롭게 수리하여 겨울철 준비를 빈틈없이 갖추고 견학하러 온 학생들을 맞이하였다",
    "봄맞이 나무심기를 성과적으로 마치고 강기슭의 산책길을 아름답게 꾸려 마을의 자랑으로 만들었다",
    "젊은 기능공들을 위한 기술학습을 여러날에 걸쳐 진행하고 자체로 만든 견본품들을 전시하였다",
)
KOREAN_SENTENCES = (
    "아침에는 날씨가 맑았고 낮에는 언덕에서 가벼운 바람이 불어왔다.",
    "모두 {n}개의 제품을 하나하나 살펴보고 장부에 또박또박 적어넣었다.",
    "이웃 {other}의 주민들도 {k}대의 손수레를 빌려주며 일손을 도왔다.",
    "저녁에는 식당에서 따끈한 콩국을 나누어먹으며 노래를 불렀다.",
    "학생들은 벽보에 실을 그림 {n}장을 정성껏 그렸다.",
    "다음해의 계획도 벌써 세워지고 있으며 작은 작업실이 하나 더 생기게 된다.",
    "\"서두르지 말고 멈추지도 말자\"라는 글이 문우에 씌여있다.",
)  # fmt: skip
