"""Builds the five benchmark workbooks with openpyxl, from 4 to 5,852 formula cells.

Every workbook has a sheet IO: inputs in column B, outputs in column E, with defined names `Xinput_<name>`
and `Xoutput_<name>`. Only functions of Excel 2010 are used. No cached values: examples/build_examples.py
adds those.

usage: build_models.py FOLDER
"""

import argparse
import datetime as dt
import re
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from openpyxl import Workbook
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.worksheet import Worksheet
from rate_tables import (
    CHANNELS,
    COMMISSION_BANDS,
    DISCOUNT_BANDS,
    REGIONS,
    mortality_by_sex,
    mortality_by_sex_and_smoker,
    region_factors,
)

STAMP = (2026, 1, 1, 0, 0, 0)
"""The time of everything in a file, so that the same model gives the same bytes."""
STAMP_XML = b"2026-01-01T00:00:00Z"


class Model:
    """A workbook with a sheet IO that declares inputs and outputs line by line."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.workbook = Workbook()
        self.inputs: list[tuple[str, str]] = []
        self.outputs: list[tuple[str, str]] = []
        self.io: Worksheet = self.workbook.worksheets[0]
        self.io.title = "IO"
        self.io.append(["Input", "Value", None, "Output", "Value"])

    def sheet(self, title: str) -> Worksheet:
        """A further sheet."""
        return self.workbook.create_sheet(title)

    def input(self, name: str, default: Any, kind: str = "number") -> None:
        """Declares the next input; kind is number, text, bool or date."""
        self.inputs.append((name, kind))
        row = len(self.inputs) + 1
        self.io[f"A{row}"] = name
        self._declare(f"Xinput_{name}", f"B{row}", default, kind)

    def output(self, name: str, formula: str, kind: str = "number") -> None:
        """Declares the next output; kind is number, text or date."""
        self.outputs.append((name, kind))
        row = len(self.outputs) + 1
        self.io[f"D{row}"] = name
        self._declare(f"Xoutput_{name}", f"E{row}", formula, kind)

    def _declare(self, name: str, cell: str, content: Any, kind: str) -> None:
        self.io[cell] = content
        if kind == "date":
            self.io[cell].number_format = "yyyy-mm-dd"
        reference = f"IO!${cell[0]}${cell[1:]}"
        self.workbook.defined_names[name] = DefinedName(name, attr_text=reference)

    def formula_cells(self) -> int:
        """How many cells hold a formula."""
        return sum(cell.data_type == "f" for sheet in self.workbook for row in sheet.iter_rows() for cell in row)

    def save(self, path: Path) -> None:
        """Writes the file; the same model gives the same bytes."""
        save(self.workbook, path)


def save(workbook: Workbook, path: Path) -> None:
    """Writes a workbook with fixed time stamps."""
    path.parent.mkdir(parents=True, exist_ok=True)
    workbook.properties.creator = "execd"
    workbook.save(path)
    rewrite(path, lambda _name, data: data)


def rewrite(path: Path, change: Callable[[str, bytes], bytes]) -> None:
    """Passes every part of an xlsx file through `change(name, data)`, fixing its time stamps."""
    with ZipFile(path) as archive:
        parts = [(info.filename, archive.read(info)) for info in archive.infolist()]
    with ZipFile(path, "w", ZIP_DEFLATED, compresslevel=9) as archive:
        for name, data in parts:
            if name == "docProps/core.xml":
                stamped = re.sub(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*", rb"\g<1>" + STAMP_XML, data)
                archive.writestr(entry(name), stamped)
            else:
                archive.writestr(entry(name), change(name, data))


def entry(name: str) -> ZipInfo:
    """The header of one part."""
    info = ZipInfo(name, STAMP)
    info.compress_type = ZIP_DEFLATED
    return info


def write_table(sheet: Worksheet, row: int, column: int, rows: Iterable[Iterable[Any]]) -> None:
    """Writes rows of constants with the upper left corner in the given cell (counted from 1)."""
    for i, values in enumerate(rows):
        for k, value in enumerate(values):
            sheet.cell(row + i, column + k, value)


def double() -> Model:
    """Four short formulas: what a record costs when there is nothing to calculate."""
    m = Model("double")
    m.input("A", 3.0)
    m.input("B", 4.0)
    m.input("C", 5.0)
    m.output("Double", "=B2*2")
    m.output("Mix", "=B2+B3*B4")
    m.output("Ratio", "=(B2-B3)/(B4+1)")
    m.output("Square", "=E2*B3-B4^2+E4")
    return m


def mortgage(months: int = 360) -> Model:
    """A repayment schedule: one long chain with two ROUNDs a month."""
    m = Model("mortgage")
    m.input("Principal", 250_000)
    m.input("Rate", 0.045)
    m.input("Years", 25)
    m.input("Extra", 150)
    schedule = m.sheet("Schedule")
    schedule.append(["Month", "Opening", "Interest", "Paid", "Principal", "Closing"])
    for month in range(1, months + 1):
        r = month + 1
        schedule.append(
            [
                month,
                "=IO!$B$2" if month == 1 else f"=F{r - 1}",
                f"=ROUND(B{r}*IO!$B$3/12,2)",
                f"=IF(A{r}>=IO!$B$4*12,B{r}+C{r},MIN(IO!$E$2+IO!$B$5,B{r}+C{r}))",
                f"=D{r}-C{r}",
                f"=MAX(0,ROUND(B{r}-E{r},2))",
            ]
        )
    last = months + 1
    m.output("Payment", "=ROUND(PMT(B3/12,B4*12,-B2),2)")
    m.output("TotalInterest", f"=SUM(Schedule!C2:C{last})")
    m.output("PayoffMonth", f"=INDEX(Schedule!A2:A{last},MATCH(0,Schedule!F2:F{last},0))")
    m.output("InterestSaved", "=ROUND(E2*B4*12-B2-E3,2)")
    m.output("BalanceYear5", f"=INDEX(Schedule!F2:F{last},60)")
    return m


def premium() -> Model:
    """An insurance tariff: look-ups in rate tables, texts, dates and a 20-year sum."""
    m = Model("premium")
    m.input("Age", 42)
    m.input("Sex", "F", "text")
    m.input("Smoker", default=False, kind="bool")
    m.input("SumInsured", 180_000)
    m.input("Term", 15)
    m.input("Region", "East", "text")
    m.input("Channel", "Broker", "text")
    m.input("InceptionDate", dt.date(2026, 11, 21), "date")
    tables = m.sheet("Tables")
    write_table(tables, 1, 1, [["Age", "M_N", "M_S", "F_N", "F_S"]])
    write_table(tables, 2, 1, ([age, *row] for age, row in enumerate(mortality_by_sex_and_smoker())))
    write_table(tables, 1, 7, [["Term", *REGIONS]])
    write_table(tables, 2, 7, ([term, *row] for term, row in enumerate(region_factors(), 1)))
    write_table(tables, 2, 15, CHANNELS)
    write_table(tables, 2, 19, DISCOUNT_BANDS)
    _premium_lines(m.sheet("Calc"))
    m.output("NetPremium", "=ROUND(Calc!B14,2)")
    m.output("GrossPremium", "=Calc!B15")
    m.output("MonthlyPremium", "=ROUND(Calc!B15/12*1.03,2)")
    m.output("FirstYearPremium", "=ROUND(Calc!B15*Calc!B11,2)")
    m.output("MaturityDate", "=Calc!B10", "date")
    m.output("RiskClass", "=Calc!B7", "text")
    reference = '="P-"&LEFT(B7,3)&"-"&TEXT(Calc!B10,"yyyy-mm-dd")&"-"&TEXT(Calc!B15,"0.00")'
    m.output("PolicyRef", reference, "text")
    m.output("Discount", "=Calc!B6")
    return m


def _premium_lines(calc: Worksheet) -> None:
    older = 'IF(IO!B2>=60,"D",IF(IO!B2>=40,"C","B"))'
    younger = 'IF(IO!B2>=65,"C",IF(IO!B2>=45,"B","A"))'
    lines = [
        ("Key", '=IO!B3&"_"&IF(IO!B4,"S","N")'),
        ("RateColumn", "=MATCH(B1,Tables!B1:E1,0)"),
        ("RegionFactor", "=INDEX(Tables!H2:M21,IO!B6,MATCH(IO!B7,Tables!H1:M1,0))"),
        ("Commission", "=VLOOKUP(IO!B8,Tables!O2:Q5,2,FALSE)"),
        ("Fee", "=VLOOKUP(IO!B8,Tables!O2:Q5,3,FALSE)"),
        ("Discount", "=VLOOKUP(IO!B5,Tables!S2:T7,2,TRUE)"),
        ("RiskClass", f"=IF(IO!B4,{older},{younger})"),
        ("Loading", '=IF(B7="A",0,IF(B7="B",0.1,IF(B7="C",0.25,0.5)))'),
        ("Season", "=IF(OR(MONTH(IO!B9)>=11,MONTH(IO!B9)<=2),1.02,1)"),
        ("Maturity", "=EDATE(IO!B9,IO!B6*12)"),
        ("FirstYear", "=YEARFRAC(IO!B9,DATE(YEAR(IO!B9)+1,1,1))"),
        ("EPVClaims", "=SUMPRODUCT(E2:E21,F2:F21,G2:G21,H2:H21)*IO!B5"),
        ("Annuity", "=SUMPRODUCT(E2:E21,G2:G21,I2:I21)"),
        ("Risk", "=B12/B13*B3*(1+B8)*(1-B6)*B9"),
        ("Gross", "=ROUND((B14+B5)/(1-B4),2)"),
    ]
    write_table(calc, 1, 1, lines)
    write_table(calc, 1, 4, [["t", "flag", "q", "l", "v", "v0"]])
    for year in range(1, 21):
        r = year + 1
        age = f"MIN(120,IO!$B$2+D{r}-1)"
        line = [
            year,
            f"=IF(D{r}<=IO!$B$6,1,0)",
            f"=INDEX(Tables!$B$2:$E$122,MATCH({age},Tables!$A$2:$A$122,0),$B$2)",
            1 if year == 1 else f"=G{r - 1}*(1-F{r - 1})",
            f"=1.025^-D{r}",
            f"=1.025^(1-D{r})",
        ]
        write_table(calc, r, 4, [line])


def blackscholes() -> Model:
    """European options: logarithm, exponential and the normal distribution."""
    m = Model("blackscholes")
    m.input("S", 100.0)
    m.input("K", 105.0)
    m.input("T", 0.75)
    m.input("R", 0.03)
    m.input("Sigma", 0.22)
    lines = [
        ("SqrtT", "=Xinput_Sigma*SQRT(Xinput_T)"),
        ("d1", "=(LN(Xinput_S/Xinput_K)+(Xinput_R+Xinput_Sigma^2/2)*Xinput_T)/B1"),
        ("d2", "=B2-B1"),
        ("DF", "=EXP(-Xinput_R*Xinput_T)"),
        ("Nd1", "=_xlfn.NORM.S.DIST(B2,TRUE)"),
        ("Nd2", "=_xlfn.NORM.S.DIST(B3,TRUE)"),
        ("nd1", "=_xlfn.NORM.S.DIST(B2,FALSE)"),
    ]
    write_table(m.sheet("Calc"), 1, 1, lines)
    m.output("Call", "=B2*Calc!B5-B3*Calc!B4*Calc!B6")
    m.output("Put", "=B3*Calc!B4*_xlfn.NORM.S.DIST(-Calc!B3,TRUE)-B2*_xlfn.NORM.S.DIST(-Calc!B2,TRUE)")
    m.output("DeltaCall", "=Calc!B5")
    m.output("DeltaPut", "=Calc!B5-1")
    m.output("Gamma", "=Calc!B7/(B2*Calc!B1)")
    m.output("Vega", "=B2*Calc!B7*SQRT(B4)")
    m.output("ThetaCall", "=-B2*Calc!B7*B6/(2*SQRT(B4))-B5*B3*Calc!B4*Calc!B6")
    m.output("RhoCall", "=B3*B4*Calc!B4*Calc!B6")
    return m


def cashflow(months: int = 480) -> Model:
    """A life policy month by month: twelve columns, look-ups, present values, NPV and IRR."""
    m = Model("cashflow")
    m.input("Age", 40)
    m.input("Sex", "M", "text")
    m.input("SumAssured", 150_000)
    m.input("MonthlyPremium", 90)
    m.input("DiscountRate", 0.03)
    m.input("LapseRate", 0.04)
    m.input("MonthlyExpense", 3)
    m.input("Inflation", 0.02)
    m.input("Term", 25)
    tables = m.sheet("Tables")
    write_table(tables, 1, 1, [["Age", "M", "F"]])
    write_table(tables, 2, 1, ([age, *row] for age, row in enumerate(mortality_by_sex())))
    write_table(tables, 2, 5, COMMISSION_BANDS)
    _projection(m.sheet("Proj"), months)
    years, last = months // 12, months + 3
    annual = m.sheet("Annual")
    annual.append(["Year", "Net", "Cumulated"])
    for year in range(1, years + 1):
        r = year + 1
        net = f"=SUMIF(Proj!$B$4:$B${last},A{r},Proj!$K$4:$K${last})"
        annual.append([year, net, "=B2" if year == 1 else f"=C{r - 1}+B{r}"])
    m.output("PVPremium", f"=SUMPRODUCT(Proj!G4:G{last},Proj!L4:L{last})")
    m.output("PVClaims", f"=SUMPRODUCT(Proj!H4:H{last},Proj!L4:L{last})")
    m.output("PVExpense", f"=SUMPRODUCT(Proj!I4:I{last}+Proj!J4:J{last},Proj!L4:L{last})")
    m.output("PVProfit", f"=SUM(Proj!M4:M{last})")
    m.output("NPVMonthly", f"=NPV(Proj!H1,Proj!K4:K{last})")
    m.output("IRRAnnual", f"=IRR(Annual!B2:B{years + 1})")
    m.output("Margin", "=E5/E2")
    m.output("BreakEvenYear", f'=COUNTIF(Annual!C2:C{years + 1},"<0")+1')
    return m


def _projection(proj: Worksheet, months: int) -> None:
    parameters = [
        ("SexColumn", '=IF(IO!B3="M",2,3)'),
        ("MonthlyLapse", "=1-(1-IO!B7)^(1/12)"),
        ("Months", "=IO!B10*12"),
        ("MonthlyRate", "=(1+IO!B6)^(1/12)-1"),
    ]
    write_table(proj, 1, 1, [[content for pair in parameters for content in pair]])
    headings = "Month Year Age qAnnual qMonth InForce Premium Claims Expense Commission Net DF PV"
    write_table(proj, 3, 1, [headings.split()])
    for month in range(1, months + 1):
        r = month + 3
        line = [
            month,
            f"=INT((A{r}-1)/12)+1",
            f"=MIN(120,IO!$B$2+B{r}-1)",
            f"=VLOOKUP(C{r},Tables!$A$2:$C$122,$B$1,FALSE)",
            f"=1-(1-D{r})^(1/12)",
            "=1" if month == 1 else f"=IF(A{r}<=$F$1,F{r - 1}*(1-E{r - 1})*(1-$D$1),0)",
            f"=F{r}*IO!$B$5",
            f"=F{r}*E{r}*IO!$B$4",
            f"=F{r}*IO!$B$8*(1+IO!$B$9)^((A{r}-1)/12)" + ("+IO!$B$5*24" if month == 1 else ""),
            f"=G{r}*VLOOKUP(B{r},Tables!$E$2:$F$5,2,TRUE)",
            f"=G{r}-H{r}-I{r}-J{r}",
            f"=(1+IO!$B$6)^(-A{r}/12)",
            f"=K{r}*L{r}",
        ]
        write_table(proj, r, 1, [line])


MODELS: dict[str, Callable[[], Model]] = {
    "double": double,
    "mortgage": mortgage,
    "premium": premium,
    "blackscholes": blackscholes,
    "cashflow": cashflow,
}

SCALED: dict[str, list[Callable[[], Model]]] = {
    "mortgage": [partial(mortgage, months) for months in (90, 180, 720, 1440, 2880)],
    "cashflow": [partial(cashflow, months) for months in (120, 240, 960, 1920)],
}
"""The two long models in several sizes, to see how compile time grows."""


def main() -> None:
    """Writes all workbooks, and the scaled ones as `scaled/<model>-<formula cells>.xlsx`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    for name, build in MODELS.items():
        build().save(folder / f"{name}.xlsx")
    for name, builds in SCALED.items():
        for build in builds:
            model = build()
            model.save(folder / "scaled" / f"{name}-{model.formula_cells()}.xlsx")


if __name__ == "__main__":
    main()
