"""Names of months in several languages: read whichever they are, and written as the file writes them."""

from __future__ import annotations

import re
from collections.abc import Sequence

import polars as pl

from rnnctl.tables.own_directives import as_text
from rnnctl.util.format import listed

NAMES = "\v"
"""Stands in a form of dates before the names of its twelve months, where they are not those of English."""
_BETWEEN = "|"

_LANGUAGES = {
    "English": (
        "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
        "January February March April May June July August September October November December",
        "Jan Feb Mar Apr May June July Aug Sept Oct Nov Dec",
    ),
    "German": (
        "Jan Feb Mrz Apr Mai Jun Jul Aug Sep Okt Nov Dez",
        "Jan Feb Mär Apr Mai Jun Jul Aug Sep Okt Nov Dez",
        "Jan Feb März Apr Mai Juni Juli Aug Sept Okt Nov Dez",
        "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
        "Jänner Februar März April Mai Juni Juli August September Oktober November Dezember",
    ),
    "French": (
        "janv févr mars avr mai juin juil août sept oct nov déc",
        "jan fév mar avr mai jun jul aoû sep oct nov déc",
        "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
        "janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre",
    ),
    "Spanish": (
        "ene feb mar abr may jun jul ago sep oct nov dic",
        "ene feb mar abr may jun jul ago sept oct nov dic",
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    ),
    "Italian": (
        "gen feb mar apr mag giu lug ago set ott nov dic",
        "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    ),
    "Dutch": (
        "jan feb mrt apr mei jun jul aug sep okt nov dec",
        "januari februari maart april mei juni juli augustus september oktober november december",
    ),
    "Portuguese": (
        "jan fev mar abr mai jun jul ago set out nov dez",
        "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    ),
    "Danish": (
        "jan feb mar apr maj jun jul aug sep okt nov dec",
        "januar februar marts april maj juni juli august september oktober november december",
    ),
    "Norwegian": (
        "jan feb mar apr mai jun jul aug sep okt nov des",
        "januar februar mars april mai juni juli august september oktober november desember",
    ),
    "Swedish": (
        "jan feb mars apr maj juni juli aug sept okt nov dec",
        "januari februari mars april maj juni juli augusti september oktober november december",
    ),
    "Finnish": (
        "tammi helmi maalis huhti touko kesä heinä elo syys loka marras joulu",
        "tammikuu helmikuu maaliskuu huhtikuu toukokuu kesäkuu heinäkuu elokuu syyskuu lokakuu marraskuu joulukuu",
    ),
    "Polish": (
        "sty lut mar kwi maj cze lip sie wrz paź lis gru",
        "styczeń luty marzec kwiecień maj czerwiec lipiec sierpień wrzesień październik listopad grudzień",
        "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia",
    ),
    "Czech": (
        "led úno bře dub kvě čvn čvc srp zář říj lis pro",
        "leden únor březen duben květen červen červenec srpen září říjen listopad prosinec",
        "ledna února března dubna května června července srpna září října listopadu prosince",
    ),
    "Hungarian": (
        "jan febr márc ápr máj jún júl aug szept okt nov dec",
        "január február március április május június július augusztus szeptember október november december",
    ),
    "Turkish": (
        "oca şub mar nis may haz tem ağu eyl eki kas ara",
        "ocak şubat mart nisan mayıs haziran temmuz ağustos eylül ekim kasım aralık",
    ),
    "Russian": (
        "янв фев мар апр май июн июл авг сен окт ноя дек",
        "янв февр март апр май июнь июль авг сент окт нояб дек",
        "январь февраль март апрель май июнь июль август сентябрь октябрь ноябрь декабрь",
        "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
    ),
}
"""Names by language, in each way to write them."""

_WAYS = [(language, tuple(way.split())) for language, ways in _LANGUAGES.items() for way in ways]
_MONTHS = {
    spelt.casefold(): month
    for _, names in _WAYS
    for month, name in enumerate(names, start=1)
    for spelt in (name, name.upper())  # Turkish has an i without a point, whose capital is I
}
"""Months from 1 on; no name is that of two months."""
_PLAIN = (_WAYS[0][1], _WAYS[1][1])
"""What Polars reads and writes itself."""
_WHOLE = {(language, name) for language, names in _WAYS if len("".join(names)) > 12 * len("juil") for name in names}
"""Names that are not shortened, of more than four letters on average, which no point stands after."""
_LONGEST_FIRST = sorted(
    {spelt for name in _MONTHS for spelt in (name, name.upper(), name.capitalize())}, key=len, reverse=True
)
PATTERN = "|".join(re.escape(name) for name in sorted(_MONTHS, key=len, reverse=True))
"""Pattern of any of the names."""
_POINT = r"\.([ /-]|$)"


def month_of(name: str) -> int | None:
    """The month that is called so, in any case and with a point after it or none; None for another word."""
    return _MONTHS.get(name.removesuffix(".").casefold())


def in_english(text: pl.Series, form: str) -> tuple[pl.Series, str]:
    """Dates of a form with English names of months, and that form; points after shortened names are left out."""
    if re.search("%[bB]", form) is None:
        return text, form
    plain = text.str.replace_all(rf"(\pL){_POINT}", "${1}${2}")
    names = plain.str.replace_many(
        _LONGEST_FIRST,
        [_PLAIN[0][_MONTHS[name.casefold()] - 1] for name in _LONGEST_FIRST],
        ascii_case_insensitive=True,
        leftmost=True,
    )
    return names, re.sub(rf"(%[bB]){_POINT}", r"\1\2", form)


def with_names(column: pl.Series, form: str, names: str) -> pl.Series:
    """Dates as text in a form, with the names of months that stand in it after `NAMES`."""
    marks = [f"\x01{month:02d}\x01" for month in range(1, 13)]
    text = as_text(column, re.sub("%[bB]", "\x01%m\x01", form))
    return text.str.replace_many(marks, names.split(_BETWEEN)[:12])


def note_on_months(form: str) -> str | None:
    """What to say of the names of months of a form where the file leaves their language open."""
    names = form.partition(NAMES)[2].split(_BETWEEN)
    if len(names) < 13:
        return None
    languages = names[12].split(", ")
    return f"the names of months are {listed(languages)}; those that the file lacks are written in {languages[0]}"


class NameSearch:
    """Reads a column's cells, in any order, and finds how its months are called."""

    def __init__(self) -> None:
        self._seen: set[str] = set()

    def feed(self, text: pl.Series) -> None:
        """Reads the next cells."""
        found = text.str.extract_all(rf"\pL{{3,}}(?:{_POINT})?").explode().unique().drop_nulls()
        words = (word.rstrip(" /-") for word in found)
        self._seen |= {word for word in words if month_of(word) is not None}

    @property
    def sure(self) -> bool:
        """Whether the names so far are written in one way alone."""
        return len(self._fitting()) == 1

    def _fitting(self) -> list[tuple[str, tuple[str, ...]]]:
        words = {word.removesuffix(".").casefold() for word in self._seen}
        missed = [len(words.difference(map(str.casefold, names))) for _, names in _WAYS]
        return [way for way, count in zip(_WAYS, missed, strict=True) if count == min(missed)]

    def names(self) -> str:
        """What a form has at its end of them; empty where it need not say."""
        fitting = self._fitting()
        language, names = fitting[0]
        others = [other for other, found in fitting if other != language and not _alike(names, found)]
        capital = any(word[0].isupper() for word in self._seen)
        pointed = any(word.endswith(".") for word in self._seen)
        if not self._seen or (names in _PLAIN and capital and not pointed and not others):
            return ""
        points = [pointed and (language, name) not in _WHOLE for name in names]
        spelt = [
            (name.capitalize() if capital else name.lower()) + "." * point
            for name, point in zip(names, points, strict=True)
        ]
        told = [", ".join(dict.fromkeys([language, *others]))] if others else []
        return NAMES + _BETWEEN.join([*spelt, *told])


def _alike(one: Sequence[str], other: Sequence[str]) -> bool:
    return [name.casefold() for name in one] == [name.casefold() for name in other]
