//! CONVERT and its units. Factors are Excel's, which are not always today's official ones (the electronvolt and the
//! atomic mass unit are those of 2006).

use crate::kernels::arguments::strict_number;
use crate::semantics::function::flags::GIVES_NUMBER;
use crate::semantics::function::{Cx, Function, nth, scalar};
use crate::values::value::{ErrorCode, Value};

/// Units convert into those of the same quantity only.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Quantity {
    Mass,
    Length,
    Time,
    Pressure,
    Force,
    Energy,
    Power,
    Magnetism,
    Temperature,
    Volume,
    Area,
    Information,
    Speed,
}

use Quantity::*;

/// The prefixes that a unit may have.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Prefixes {
    None,
    /// Metric, to this power: 2 for areas, 3 for volumes.
    Metric(i32),
    MetricAndBinary,
}

#[derive(Clone, Copy)]
struct Unit {
    quantity: Quantity,
    /// How many of the quantity's base unit it is.
    factor: f64,
    /// What it reads at the base unit's zero; only temperatures have one.
    zero: f64,
    prefixes: Prefixes,
}

const fn plain(quantity: Quantity, factor: f64) -> Unit {
    Unit { quantity, factor, zero: 0.0, prefixes: Prefixes::None }
}

const fn metric(quantity: Quantity, factor: f64) -> Unit {
    Unit { quantity, factor, zero: 0.0, prefixes: Prefixes::Metric(1) }
}

const fn power(quantity: Quantity, factor: f64, power: i32) -> Unit {
    Unit { quantity, factor, zero: 0.0, prefixes: Prefixes::Metric(power) }
}

const fn degrees(factor: f64, zero: f64) -> Unit {
    Unit { quantity: Temperature, factor, zero, prefixes: Prefixes::None }
}

const POUND: f64 = 453.592_37;
const INCH: f64 = 0.0254;
const FOOT: f64 = 0.3048;
const YARD: f64 = 0.9144;
const MILE: f64 = 1609.344;
const NAUTICAL_MILE: f64 = 1852.0;
const SURVEY_MILE: f64 = 5280.0 * 1200.0 / 3937.0;
const LIGHT_YEAR: f64 = 9_460_730_472_580_800.0;
const PARSEC: f64 = 30_856_775_812_815_532.0;
const PICA_POINT: f64 = INCH / 72.0;
const GALLON: f64 = 231.0 * INCH * INCH * INCH;
const UK_GALLON: f64 = 0.004_546_09;
const GRAVITY: f64 = 9.806_65;
const POUND_FORCE: f64 = POUND / 1000.0 * GRAVITY;
const HORSEPOWER: f64 = 550.0 * FOOT * POUND_FORCE;

/// The unit of this name, case as in Excel. Exact names come first: `min` is a minute, `ft` no femto-t.
fn unit(name: &str) -> Option<Unit> {
    Some(match name {
        "g" => metric(Mass, 1.0),
        "sg" => plain(Mass, POUND * GRAVITY / FOOT),
        "lbm" => plain(Mass, POUND),
        "u" => metric(Mass, 1.660_538_782e-24),
        "ozm" => plain(Mass, POUND / 16.0),
        "grain" => plain(Mass, POUND / 7000.0),
        "cwt" | "shweight" => plain(Mass, POUND * 100.0),
        "uk_cwt" | "lcwt" | "hweight" => plain(Mass, POUND * 112.0),
        "stone" => plain(Mass, POUND * 14.0),
        "ton" => plain(Mass, POUND * 2000.0),
        "uk_ton" | "LTON" | "brton" => plain(Mass, POUND * 2240.0),

        "m" => metric(Length, 1.0),
        "mi" => plain(Length, MILE),
        "Nmi" => plain(Length, NAUTICAL_MILE),
        "in" => plain(Length, INCH),
        "ft" => plain(Length, FOOT),
        "yd" => plain(Length, YARD),
        "ang" => metric(Length, 1e-10),
        "ell" => plain(Length, 45.0 * INCH),
        "ly" => metric(Length, LIGHT_YEAR),
        "parsec" | "pc" => metric(Length, PARSEC),
        "Picapt" | "Pica" => plain(Length, PICA_POINT),
        "pica" => plain(Length, INCH / 6.0),
        "survey_mi" => plain(Length, SURVEY_MILE),

        "yr" => plain(Time, 31_557_600.0),
        "day" | "d" => plain(Time, 86_400.0),
        "hr" => plain(Time, 3600.0),
        "mn" | "min" => plain(Time, 60.0),
        "sec" | "s" => metric(Time, 1.0),

        "Pa" | "p" => metric(Pressure, 1.0),
        "atm" | "at" => metric(Pressure, 101_325.0),
        "mmHg" => metric(Pressure, 133.322),
        "psi" => plain(Pressure, POUND_FORCE / (INCH * INCH)),
        "Torr" => plain(Pressure, 101_325.0 / 760.0),

        "N" => metric(Force, 1.0),
        "dyn" | "dy" => metric(Force, 1e-5),
        "lbf" => plain(Force, POUND_FORCE),
        "pond" => metric(Force, GRAVITY / 1000.0),

        "J" => metric(Energy, 1.0),
        "e" => metric(Energy, 1e-7),
        "c" => metric(Energy, 4.184),
        "cal" => metric(Energy, 4.1868),
        "eV" | "ev" => metric(Energy, 1.602_176_487e-19),
        "HPh" | "hh" => plain(Energy, HORSEPOWER * 3600.0),
        "Wh" | "wh" => metric(Energy, 3600.0),
        "flb" => plain(Energy, FOOT * POUND_FORCE),
        "BTU" | "btu" => plain(Energy, 1_055.055_852_62),

        "HP" | "h" => plain(Power, HORSEPOWER),
        "PS" => plain(Power, 75.0 * GRAVITY),
        "W" | "w" => metric(Power, 1.0),

        "T" => metric(Magnetism, 1.0),
        "ga" => metric(Magnetism, 1e-4),

        "C" | "cel" => degrees(1.0, -273.15),
        "F" | "fah" => degrees(5.0 / 9.0, -459.67),
        "K" | "kel" => metric(Temperature, 1.0),
        "Rank" => plain(Temperature, 5.0 / 9.0),
        "Reau" => degrees(1.25, -218.52),

        "tsp" => plain(Volume, GALLON / 768.0),
        "tspm" => plain(Volume, 5e-6),
        "tbs" => plain(Volume, GALLON / 256.0),
        "oz" => plain(Volume, GALLON / 128.0),
        "cup" => plain(Volume, GALLON / 16.0),
        "pt" | "us_pt" => plain(Volume, GALLON / 8.0),
        "uk_pt" => metric(Volume, UK_GALLON / 8.0),
        "qt" => plain(Volume, GALLON / 4.0),
        "uk_qt" => plain(Volume, UK_GALLON / 4.0),
        "gal" => plain(Volume, GALLON),
        "uk_gal" => plain(Volume, UK_GALLON),
        "l" | "L" | "lt" => metric(Volume, 0.001),
        "ang3" | "ang^3" => power(Volume, 1e-30, 3),
        "barrel" => plain(Volume, GALLON * 42.0),
        "bushel" => plain(Volume, 2150.42 * INCH * INCH * INCH),
        "ft3" | "ft^3" => plain(Volume, FOOT * FOOT * FOOT),
        "in3" | "in^3" => plain(Volume, INCH * INCH * INCH),
        "ly3" | "ly^3" => plain(Volume, LIGHT_YEAR * LIGHT_YEAR * LIGHT_YEAR),
        "m3" | "m^3" => power(Volume, 1.0, 3),
        "mi3" | "mi^3" => plain(Volume, MILE * MILE * MILE),
        "yd3" | "yd^3" => plain(Volume, YARD * YARD * YARD),
        "Nmi3" | "Nmi^3" => plain(Volume, NAUTICAL_MILE * NAUTICAL_MILE * NAUTICAL_MILE),
        "Picapt3" | "Picapt^3" | "Pica3" | "Pica^3" => plain(Volume, PICA_POINT * PICA_POINT * PICA_POINT),
        "GRT" | "regton" => plain(Volume, 100.0 * FOOT * FOOT * FOOT),
        "MTON" => plain(Volume, 40.0 * FOOT * FOOT * FOOT),

        "uk_acre" => plain(Area, 4840.0 * YARD * YARD),
        "us_acre" => plain(Area, SURVEY_MILE * SURVEY_MILE / 640.0),
        "ang2" | "ang^2" => power(Area, 1e-20, 2),
        "ar" => metric(Area, 100.0),
        "ft2" | "ft^2" => plain(Area, FOOT * FOOT),
        "ha" => plain(Area, 10_000.0),
        "in2" | "in^2" => plain(Area, INCH * INCH),
        "ly2" | "ly^2" => plain(Area, LIGHT_YEAR * LIGHT_YEAR),
        "m2" | "m^2" => power(Area, 1.0, 2),
        "Morgen" => plain(Area, 2500.0),
        "mi2" | "mi^2" => plain(Area, MILE * MILE),
        "Nmi2" | "Nmi^2" => plain(Area, NAUTICAL_MILE * NAUTICAL_MILE),
        "Picapt2" | "Picapt^2" | "Pica2" | "Pica^2" => plain(Area, PICA_POINT * PICA_POINT),
        "yd2" | "yd^2" => plain(Area, YARD * YARD),

        "bit" => Unit { prefixes: Prefixes::MetricAndBinary, ..metric(Information, 1.0) },
        "byte" => Unit { prefixes: Prefixes::MetricAndBinary, ..metric(Information, 8.0) },

        "admkn" => plain(Speed, 6080.0 * FOOT / 3600.0),
        "kn" => plain(Speed, NAUTICAL_MILE / 3600.0),
        "m/h" | "m/hr" => metric(Speed, 1.0 / 3600.0),
        "m/s" | "m/sec" => metric(Speed, 1.0),
        "mph" => metric(Speed, MILE / 3600.0),

        _ => return None,
    })
}

const METRIC: [(&str, i32); 21] = [
    ("da", 1),
    ("Y", 24),
    ("Z", 21),
    ("E", 18),
    ("P", 15),
    ("T", 12),
    ("G", 9),
    ("M", 6),
    ("k", 3),
    ("h", 2),
    ("e", 1),
    ("d", -1),
    ("c", -2),
    ("m", -3),
    ("u", -6),
    ("n", -9),
    ("p", -12),
    ("f", -15),
    ("a", -18),
    ("z", -21),
    ("y", -24),
];

/// Powers of 1024.
const BINARY: [(&str, i32); 8] =
    [("ki", 1), ("Mi", 2), ("Gi", 3), ("Ti", 4), ("Pi", 5), ("Ei", 6), ("Zi", 7), ("Yi", 8)];

/// A unit with whatever prefix it may have.
fn prefixed(name: &str) -> Option<Unit> {
    unit(name).or_else(|| with_binary_prefix(name)).or_else(|| with_metric_prefix(name))
}

fn with_binary_prefix(name: &str) -> Option<Unit> {
    let (exponent, unit) = split(name, &BINARY)?;
    (unit.prefixes == Prefixes::MetricAndBinary)
        .then(|| Unit { factor: unit.factor * 1024_f64.powi(exponent), ..unit })
}

fn with_metric_prefix(name: &str) -> Option<Unit> {
    let (exponent, unit) = split(name, &METRIC)?;
    let power = match unit.prefixes {
        Prefixes::None => return None,
        Prefixes::Metric(power) => power,
        Prefixes::MetricAndBinary => 1,
    };
    Some(Unit { factor: unit.factor * ten_to(exponent * power), ..unit })
}

fn split(name: &str, prefixes: &[(&str, i32)]) -> Option<(i32, Unit)> {
    prefixes.iter().find_map(|(prefix, exponent)| {
        let unit = name.strip_prefix(prefix).and_then(unit)?;
        Some((*exponent, unit))
    })
}

/// Correctly rounded, which a product of tens is not.
fn ten_to(exponent: i32) -> f64 {
    format!("1e{exponent}").parse().unwrap_or(f64::NAN)
}

fn convert(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    let converted = |cx: &Cx<'_>| {
        let number = strict_number(cx, nth(args, 0))?;
        let (from, to) = (cx.text(nth(args, 1))?, cx.text(nth(args, 2))?);
        let from_unit = prefixed(&from).ok_or(ErrorCode::NA)?;
        let to_unit = prefixed(&to).ok_or(ErrorCode::NA)?;
        if from_unit.quantity != to_unit.quantity {
            return Err(ErrorCode::NA);
        }
        if from == to {
            return Ok(number);
        }
        let base = (number - from_unit.zero) * from_unit.factor;
        Ok(base / to_unit.factor + to_unit.zero)
    };
    converted(cx).into()
}

pub const TABLE: &[Function] = &[scalar("CONVERT", 3, 3, convert).with(GIVES_NUMBER)];
