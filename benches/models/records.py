"""Random records for the five benchmark workbooks: the same seed gives the same records.

Writes FOLDER/<model>/in.<k>.f64 (numbers, little endian; dates as serials, booleans as 0 and 1) or
in.<k>.txt (texts, one a line) for the k-th input, and in.names. The first records are those of tests/oracle,
and out.<k>.* hold their reference outputs, so that everything can be checked before it is timed.

usage: records.py FOLDER
"""

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from rate_tables import CHANNELS, REGIONS, mortality_by_sex, mortality_by_sex_and_smoker, region_factors

Column = NDArray[Any]

ORACLE = Path(__file__).parents[2] / "tests" / "oracle"
BENCH_SEED = 20261121
BENCH_RECORDS = {
    "double": 1_000_000,
    "mortgage": 8_000,
    "premium": 100_000,
    "blackscholes": 500_000,
    "cashflow": 8_000,
}


def double(random: np.random.Generator, count: int) -> dict[str, Column]:
    """Records of the workbook of the same name, like the functions below: one column per input."""
    return {
        "A": random.uniform(-1000, 1000, count).round(3),
        "B": random.uniform(-1000, 1000, count).round(3),
        "C": random.uniform(0, 500, count).round(3),
    }


def mortgage(random: np.random.Generator, count: int) -> dict[str, Column]:
    """Loans of 5 to 30 years; every one is paid off."""
    return {
        "Principal": random.uniform(50_000, 900_000, count).round(0),
        "Rate": random.uniform(0.01, 0.09, count).round(4),
        "Years": random.integers(5, 31, count).astype(float),
        "Extra": random.uniform(0, 500, count).round(0),
    }


def premium(random: np.random.Generator, count: int) -> dict[str, Column]:
    """Policies over the whole tariff."""
    return {
        "Age": random.integers(18, 76, count).astype(float),
        "Sex": random.choice(["M", "F"], count),
        "Smoker": random.random(count) < 0.3,
        "SumInsured": random.uniform(10_000, 1_500_000, count).round(0),
        "Term": random.integers(1, 21, count).astype(float),
        "Region": random.choice(REGIONS, count),
        "Channel": random.choice([channel for channel, *_ in CHANNELS], count),
        "InceptionDate": random.integers(44_000, 47_000, count).astype(float),
    }


def blackscholes(random: np.random.Generator, count: int) -> dict[str, Column]:
    """Options from deep in to far out of the money."""
    return {
        "S": random.uniform(50, 150, count).round(2),
        "K": random.uniform(50, 150, count).round(2),
        "T": random.uniform(0.05, 3, count).round(3),
        "R": random.uniform(0.0, 0.08, count).round(4),
        "Sigma": random.uniform(0.08, 0.6, count).round(3),
    }


def cashflow(random: np.random.Generator, count: int) -> dict[str, Column]:
    """Policies whose premium covers the last year's risk: yearly flows turn positive once, so IRR exists."""
    age = random.integers(20, 61, count).astype(float)
    term = random.integers(10, 41, count).astype(float)
    sex = random.choice(["M", "F"], count)
    sum_assured = random.uniform(20_000, 500_000, count).round(0)
    last_age = np.minimum(120, age + term - 1).astype(int)
    last_rate = np.array(mortality_by_sex())[last_age, (sex == "F").astype(int)]
    margin = random.uniform(1.1, 1.6, count)
    return {
        "Age": age,
        "Sex": sex,
        "SumAssured": sum_assured,
        "MonthlyPremium": (sum_assured * last_rate / 12 * margin + 12).round(2),
        "DiscountRate": random.uniform(0.005, 0.07, count).round(4),
        "LapseRate": random.uniform(0.0, 0.12, count).round(3),
        "MonthlyExpense": random.uniform(1, 4, count).round(2),
        "Inflation": random.uniform(0.0, 0.03, count).round(3),
        "Term": term,
    }


RECORDS = {f.__name__: f for f in (double, mortgage, premium, blackscholes, cashflow)}


def records(model: str, count: int, seed: int) -> pa.Table:
    """Random records of a model."""
    return pa.table(RECORDS[model](np.random.default_rng(seed), count))


def write_columns(table: pa.Table, folder: Path, prefix: str) -> None:
    """Writes every column as numbers or as lines of text, by its type, and the names."""
    (folder / f"{prefix}.names").write_text("\n".join(table.column_names), "utf-8")
    for k, column in enumerate(table.columns):
        if pa.types.is_string(column.type):
            (folder / f"{prefix}.{k}.txt").write_text("\n".join(column.to_pylist()), "utf-8")
        else:
            column.to_numpy().astype("<f8").tofile(folder / f"{prefix}.{k}.f64")


def write_bench_data(model: str, folder: Path) -> None:
    """Writes the columns of one model: the records of the oracle first, then random ones."""
    folder.mkdir(parents=True, exist_ok=True)
    reference = pq.read_table(ORACLE / f"{model}.parquet")
    more = records(model, BENCH_RECORDS[model] - reference.num_rows, BENCH_SEED)
    inputs = reference.select([f"in.{name}" for name in more.column_names]).rename_columns(more.column_names)
    write_columns(pa.concat_tables([inputs, more.cast(inputs.schema)]), folder, "in")
    outputs = [name for name in reference.column_names if name.startswith("out.")]
    names = [name.removeprefix("out.") for name in outputs]
    write_columns(reference.select(outputs).rename_columns(names), folder, "out")


def main() -> None:
    """Writes the columns of all models and the rate tables that the hand-written versions read."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    for model in RECORDS:
        write_bench_data(model, folder / model)
    tables = {
        "by_sex_and_smoker": mortality_by_sex_and_smoker(),
        "regions": region_factors(),
        "by_sex": mortality_by_sex(),
    }
    for name, table in tables.items():
        np.array(table, dtype="<f8").tofile(folder / f"{name}.f64")


if __name__ == "__main__":
    main()
