"""Names of the days of the week in several languages."""

from __future__ import annotations

from collections.abc import Sequence

_ENGLISH = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
_WAYS = (
    "mon tue wed thu fri sat sun",
    "mon tues wed thurs fri sat sun",
    "monday tuesday wednesday thursday friday saturday sunday",
    "mo tu we th fr sa su",
    "mo di mi do fr sa so",
    "montag dienstag mittwoch donnerstag freitag samstag sonntag",
    "montag dienstag mittwoch donnerstag freitag sonnabend sonntag",
    "lun mar mer jeu ven sam dim",
    "lundi mardi mercredi jeudi vendredi samedi dimanche",
    "lun mar mié jue vie sáb dom",
    "lun mar mie jue vie sab dom",
    "lunes martes miércoles jueves viernes sábado domingo",
    "lunes martes miercoles jueves viernes sabado domingo",
    "lun mar mer gio ven sab dom",
    "lunedì martedì mercoledì giovedì venerdì sabato domenica",
    "ma di wo do vr za zo",
    "maandag dinsdag woensdag donderdag vrijdag zaterdag zondag",
    "seg ter qua qui sex sáb dom",
    "man tir ons tor fre lør søn",
    "mandag tirsdag onsdag torsdag fredag lørdag søndag",
    "mån tis ons tors fre lör sön",
    "måndag tisdag onsdag torsdag fredag lördag söndag",
    "pon wt śr czw pt sob nd",
)
"""English, German, French, Spanish, Italian, Dutch, Portuguese, Danish and Norwegian, Swedish, Polish; from Monday."""
_FEWEST = 5


def weekdays_among(names: Sequence[str]) -> dict[str, str] | None:
    """Names of five or more different days of the week, all in one language, and each in English; None without them."""
    for way in _WAYS:
        days = dict(zip(way.split(), _ENGLISH, strict=True))
        found = {name: days[word] for name in names if (word := name.casefold().removesuffix(".")) in days}
        if len(found) == len(set(found.values())) >= _FEWEST:
            return found
    return None
