//! Date and time functions: the family's table. The kernels are in `parts` (taking serials apart and putting them
//! together), `spans` (time between two dates), `weeks` and `workdays`.

mod days;
mod parts;
pub mod spans;
mod weeks;
mod workdays;

use crate::semantics::function::{Columnar, Function, Param, flags, giving_numbers, scalar, shaped};

pub const TABLE: &[Function] = &giving_numbers([
    scalar("DATE", 3, 3, parts::date).with(flags::GIVES_DATE).columnar(Columnar::Date),
    scalar("DATEVALUE", 1, 1, parts::datevalue),
    scalar("TIME", 3, 3, parts::time).with(flags::GIVES_DATE),
    scalar("TIMEVALUE", 1, 1, parts::timevalue),
    scalar("TODAY", 0, 0, parts::today).with(flags::VOLATILE | flags::GIVES_DATE),
    scalar("NOW", 0, 0, parts::now).with(flags::VOLATILE | flags::GIVES_DATE),
    scalar("YEAR", 1, 1, parts::year).columnar(Columnar::Year),
    scalar("MONTH", 1, 1, parts::month).columnar(Columnar::Month),
    scalar("DAY", 1, 1, parts::day).columnar(Columnar::Day),
    scalar("HOUR", 1, 1, parts::hour),
    scalar("MINUTE", 1, 1, parts::minute),
    scalar("SECOND", 1, 1, parts::second),
    scalar("EDATE", 2, 2, parts::edate).columnar(Columnar::Edate),
    scalar("EOMONTH", 2, 2, parts::eomonth),
    scalar("DAYS", 2, 2, spans::days),
    scalar("DAYS360", 2, 3, spans::days360),
    scalar("YEARFRAC", 2, 3, spans::yearfrac).columnar(Columnar::Yearfrac),
    scalar("DATEDIF", 3, 3, spans::datedif),
    scalar("WEEKDAY", 1, 2, weeks::weekday),
    scalar("WEEKNUM", 1, 2, weeks::weeknum),
    scalar("ISOWEEKNUM", 1, 1, weeks::isoweeknum),
    shaped("NETWORKDAYS", 2, 3, &[Param::Scalar, Param::Scalar, Param::Any], workdays::networkdays),
    shaped(
        "NETWORKDAYS.INTL",
        2,
        4,
        &[Param::Scalar, Param::Scalar, Param::Scalar, Param::Any],
        workdays::networkdays_intl,
    ),
    shaped("WORKDAY", 2, 3, &[Param::Scalar, Param::Scalar, Param::Any], workdays::workday),
    shaped(
        "WORKDAY.INTL",
        2,
        4,
        &[Param::Scalar, Param::Scalar, Param::Scalar, Param::Any],
        workdays::workday_intl,
    ),
]);
