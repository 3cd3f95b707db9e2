"""The rounded outputs once more, in decimal, because a spreadsheet program may itself be a cent off on a tie.

Excel rounds the decimal that 15 significant digits show, half away from zero; so does `cents`. Everything
between two roundings is plain double arithmetic in the order of the workbook.
"""

import datetime as dt
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from rate_tables import CHANNELS, DISCOUNT_BANDS, REGIONS, mortality_by_sex_and_smoker, region_factors

RATES, FACTORS = mortality_by_sex_and_smoker(), region_factors()
CENT = Decimal("0.01")


def cents(x: float) -> float:
    """ROUND(x,2)."""
    return float(Decimal(f"{x:.15g}").quantize(CENT, ROUND_HALF_UP))


def mortgage(record: dict[str, Any]) -> dict[str, float]:
    """All outputs of the workbook `mortgage`."""
    principal, rate, years, extra = (record[name] for name in ("Principal", "Rate", "Years", "Extra"))
    months = int(years * 12)
    growth = (1 + rate / 12) ** months
    payment = cents(principal * growth * (rate / 12) / (growth - 1))
    balance, total, payoff, closing = principal, Decimal(0), 0, []
    for month in range(1, 361):
        interest = cents(balance * rate / 12)
        owed = balance + interest
        paid = owed if month >= months else min(payment + extra, owed)
        balance = max(0.0, cents(balance - (paid - interest)))
        total += Decimal(f"{interest:.15g}")
        closing.append(balance)
        if balance == 0 and payoff == 0:
            payoff = month
    return {
        "Payment": payment,
        "TotalInterest": float(total),
        "PayoffMonth": float(payoff),
        "InterestSaved": cents(payment * years * 12 - principal - float(total)),
        "BalanceYear5": closing[59],
    }


def premium(record: dict[str, Any]) -> dict[str, float]:
    """The amounts among the outputs of the workbook `premium`."""
    column = 2 * (record["Sex"] == "F") + record["Smoker"]
    alive, claims, annuity = 1.0, 0.0, 0.0
    for year in range(1, int(record["Term"]) + 1):
        rate = RATES[min(120, int(record["Age"]) + year - 1)][column]
        claims += rate * alive * 1.025**-year
        annuity += alive * 1.025 ** (1 - year)
        alive *= 1 - rate
    start = dt.date(1899, 12, 30) + dt.timedelta(days=record["InceptionDate"])
    region = FACTORS[int(record["Term"]) - 1][REGIONS.index(record["Region"])]
    discount = [rate for bound, rate in DISCOUNT_BANDS if bound <= record["SumInsured"]][-1]
    commission, fee = next((c, f) for name, c, f in CHANNELS if name == record["Channel"])
    season = 1.02 if start.month in (11, 12, 1, 2) else 1
    risk = claims * record["SumInsured"] / annuity * region * (1 + loading(record)) * (1 - discount) * season
    gross = cents((risk + fee) / (1 - commission))
    return {
        "NetPremium": cents(risk),
        "GrossPremium": gross,
        "MonthlyPremium": cents(gross / 12 * 1.03),
        "FirstYearPremium": cents(gross * until_new_year(start)),
    }


def loading(record: dict[str, Any]) -> float:
    """The surcharge of the risk class."""
    bounds = (40, 60) if record["Smoker"] else (45, 65)
    steps = sum(record["Age"] >= bound for bound in bounds) + record["Smoker"]
    return (0, 0.1, 0.25, 0.5)[steps]


def until_new_year(start: dt.date) -> float:
    """YEARFRAC, basis 0 (US 30/360), to 1 January of the next year."""
    ends_february = start.month == 2 and (start + dt.timedelta(days=1)).month == 3
    day = 30 if start.day == 31 or ends_february else start.day
    return (360 + 30 * (1 - start.month) + 1 - day) / 360


EXACT: dict[str, Callable[[dict[str, Any]], dict[str, float]]] = {"mortgage": mortgage, "premium": premium}
