"""What local times mean in every zone of the tz database around the changes of its clocks, by Python's zoneinfo.

Arguments: the year, and n to look at every n-th zone only. The first line of the answer names the version of the
database; each further line is a zone on a date on which its clocks change, or the day before or after. All instants are seconds
since the Unix epoch. Nothing here shares a line of thought with the code under test: a local time is asked of PEP 495's
fold, the end of a gap is found by bisection, and the minutes of a date are counted one by one.
"""

import importlib.metadata
import json
import pathlib
import sys
import zoneinfo
from datetime import date, datetime, timedelta, timezone

EPOCH = datetime(1970, 1, 1)
STEP = timedelta(minutes=15)
DAY = timedelta(days=1)


def version():
    for folder in zoneinfo.TZPATH:
        source = pathlib.Path(folder) / "tzdata.zi"
        if source.is_file():
            with source.open(encoding="ascii") as lines:
                return lines.readline().removeprefix("# version ").strip()
    try:
        return importlib.metadata.version("tzdata")
    except importlib.metadata.PackageNotFoundError:
        return None


def seconds(naive):
    return int((naive - EPOCH).total_seconds())


def offset_at(instant, zone):
    shown = datetime.fromtimestamp(instant, timezone.utc).astimezone(zone)
    return int(shown.utcoffset().total_seconds())


def shown_at(instant, zone):
    return EPOCH + timedelta(seconds=instant + offset_at(instant, zone))


def bounds(local, zone):
    """When something opens and closes that is said to at this local time."""
    readings = []
    for fold in (0, 1):
        offset = local.replace(tzinfo=zone, fold=fold).utcoffset()
        readings.append(seconds(local) - int(offset.total_seconds()))
    real = [instant for instant in readings if shown_at(instant, zone) == local]
    if real:
        return min(real), max(real)
    low, high = min(readings), max(readings)
    before = offset_at(low, zone)
    while high - low > 1:
        middle = (low + high) // 2
        if offset_at(middle, zone) == before:
            low = middle
        else:
            high = middle
    return high, high


def dates_of_change(year, zone):
    """Dates on which the offset changes, and their neighbours."""
    found = set()
    instant = seconds(datetime(year, 1, 1)) - 2 * 86400
    end = seconds(datetime(year + 1, 1, 1)) + 2 * 86400
    while instant < end:
        if offset_at(instant, zone) != offset_at(instant + 3600, zone):
            day = shown_at(instant, zone).date()
            for distance in range(-1, 3):
                found.add(day + distance * DAY)
        instant += 3600
    return sorted(day for day in found if day.year == year)


def minutes_shown(day, zone):
    """How many minutes the clock shows this date, and of these the small hours before six."""
    whole = small = 0
    first = seconds(datetime(day.year, day.month, day.day)) - 16 * 3600
    for instant in range(first, first + 57 * 3600, 60):
        shown = shown_at(instant, zone)
        if shown.date() == day:
            whole += 1
            small += shown.hour < 6
    return whole, small


def main(year, every):
    print(json.dumps({"version": version()}))
    for name in sorted(zoneinfo.available_timezones())[::every]:
        zone = zoneinfo.ZoneInfo(name)
        dates = dates_of_change(year, zone) or [date(year, 6, 15)]
        for day in dates:
            midnight = datetime(day.year, day.month, day.day)
            whole, small = minutes_shown(day, zone)
            times = []
            local = midnight
            while local <= midnight + DAY:
                times.append(bounds(local, zone))
                local += STEP
            print(json.dumps({
                "zone": name, "date": day.isoformat(), "minutes": whole, "small_hours": small, "times": times,
            }))


main(int(sys.argv[1]), int(sys.argv[2]))
