"""Rate tables of the benchmark workbooks. Values are rounded: each is exact as a short decimal."""

import math

REGIONS = ["North", "South", "East", "West", "Central", "Islands"]

CHANNELS = [("Agent", 0.12, 60), ("Broker", 0.10, 45), ("Online", 0.04, 15), ("Bank", 0.08, 30)]
"""Channel, commission, fee."""

DISCOUNT_BANDS = [
    (0, 0.0),
    (50_000, 0.02),
    (100_000, 0.035),
    (250_000, 0.05),
    (500_000, 0.07),
    (1_000_000, 0.085),
]
"""Sum insured from, discount."""

COMMISSION_BANDS = [(1, 0.5), (2, 0.1), (3, 0.05), (6, 0.02)]
"""Policy year from, share of the premium."""

AGES = range(121)
TERMS = range(1, 21)


def mortality(age: int, *, female: bool = False, smoker: bool = False) -> float:
    """Yearly death rate in the shape of Gompertz and Makeham."""
    rate = 0.0003 + 0.000032 * math.exp(0.094 * (age - (5 if female else 0)))
    return round(min(0.95, rate * (1.85 if smoker else 1.0)), 6)


def region_factor(term: int, region: int) -> float:
    """Factor for a term in years and the position of a region in REGIONS."""
    return round(0.9 + 0.04 * region + 0.003 * term + 0.01 * ((term * (region + 3)) % 7), 4)


def mortality_by_sex() -> list[list[float]]:
    """One row per age: male, female."""
    return [[mortality(age), mortality(age, female=True)] for age in AGES]


def mortality_by_sex_and_smoker() -> list[list[float]]:
    """One row per age: male, male smoker, female, female smoker."""
    return [
        [mortality(age, female=female, smoker=smoker) for female in (False, True) for smoker in (False, True)]
        for age in AGES
    ]


def region_factors() -> list[list[float]]:
    """One row per term, one column per region."""
    return [[region_factor(term, region) for region in range(len(REGIONS))] for term in TERMS]
