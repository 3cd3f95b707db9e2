//! Rules and values in words, for people: the one place that says `a whole number between 1 and 10`. What a rule means
//! is in `interface`; how JSON spells values is elsewhere.

use crate::interface::{Bound, Constant, Format, Limit, Rule};
use crate::numbers::digits;
use crate::numbers::serial::{clock_of, date_of, day_of};

/// Options of a list that are named. The rest is counted.
const MOST_OPTIONS: usize = 20;

impl Rule {
    /// What the rule lets pass, to go on after "expected" or "must be": `a whole number between 1 and 10`. `formulas`
    /// are those of the interface.
    pub fn describe(&self, formulas: &[String], date1904: bool) -> String {
        let limit = |format| move |limit| limit_in_words(limit, format, formulas, date1904);
        match self {
            Rule::Whole(bound) => format!("a whole number {}", compared(*bound, limit(Format::General))),
            Rule::Decimal(bound) => format!("a number {}", compared(*bound, limit(Format::General))),
            Rule::Date(bound) => format!("a date {}", ordered(*bound, limit(Format::Date))),
            Rule::Time(bound) => format!("a time {}", ordered(*bound, limit(Format::Time))),
            Rule::TextLength(bound) => format!("a text of {}", counted(*bound, limit(Format::General))),
            Rule::List(options) => one_of(options, date1904),
            Rule::ListFrom(result) => match formulas.get(*result) {
                Some(formula) => format!("one of the values of {formula}"),
                None => "one of the values that the workbook lists".to_owned(),
            },
            Rule::Holds(result) => match formulas.get(*result) {
                Some(formula) => format!("a value for which {formula} is TRUE"),
                None => "a value that a formula of the workbook allows".to_owned(),
            },
        }
    }
}

/// A value as a cell of this format shows it: dates as `2024-01-31`, times as `09:30:00`, a blank as nothing.
pub fn value(value: &Constant, format: Format, date1904: bool) -> String {
    match value {
        Constant::Blank => String::new(),
        Constant::Number(x) => number(*x, format, date1904),
        Constant::Text(text) => text.clone(),
        Constant::Bool(b) => if *b { "TRUE" } else { "FALSE" }.to_owned(),
        Constant::Error(code) => code.text().to_owned(),
    }
}

fn number(x: f64, format: Format, date1904: bool) -> String {
    match format {
        Format::General | Format::Text => digits::general(x),
        Format::Time if (0.0..1.0).contains(&x) => time(x),
        Format::Date | Format::DateTime | Format::Time => match day_of(x, date1904).map(date_of) {
            Some(date) => {
                let day = format!("{:04}-{:02}-{:02}", date.year, date.month, date.day);
                if x.fract() == 0.0 { day } else { format!("{day} {}", time(x)) }
            }
            None => digits::general(x),
        },
    }
}

fn time(x: f64) -> String {
    let clock = clock_of(x);
    format!("{:02}:{:02}:{:02}", clock.hour, clock.minute, clock.second)
}

fn limit_in_words(limit: Limit, format: Format, formulas: &[String], date1904: bool) -> String {
    match limit {
        Limit::Constant(x) => number(x, format, date1904),
        Limit::Result(result) => calculated(result, formulas),
    }
}

/// The formula of a result, as far as it is known.
fn calculated(result: usize, formulas: &[String]) -> String {
    formulas.get(result).cloned().unwrap_or_else(|| "a value that the workbook calculates".to_owned())
}

/// Limits of numbers.
fn compared(bound: Bound<Limit>, limit: impl Fn(Limit) -> String) -> String {
    match bound {
        Bound::Between(low, high) => format!("between {} and {}", limit(low), limit(high)),
        Bound::NotBetween(low, high) => format!("not between {} and {}", limit(low), limit(high)),
        Bound::Equal(x) => format!("equal to {}", limit(x)),
        Bound::NotEqual(x) => format!("other than {}", limit(x)),
        Bound::Greater(x) => format!("greater than {}", limit(x)),
        Bound::Less(x) => format!("less than {}", limit(x)),
        Bound::AtLeast(x) => format!("of at least {}", limit(x)),
        Bound::AtMost(x) => format!("of at most {}", limit(x)),
    }
}

/// Limits of dates and times.
fn ordered(bound: Bound<Limit>, limit: impl Fn(Limit) -> String) -> String {
    match bound {
        Bound::Greater(x) => format!("after {}", limit(x)),
        Bound::Less(x) => format!("before {}", limit(x)),
        Bound::AtLeast(x) => format!("not before {}", limit(x)),
        Bound::AtMost(x) => format!("not after {}", limit(x)),
        other => compared(other, limit),
    }
}

/// Limits of lengths.
fn counted(bound: Bound<Limit>, limit: impl Fn(Limit) -> String) -> String {
    let words = match bound {
        Bound::Between(low, high) => format!("{} to {}", limit(low), limit(high)),
        Bound::NotBetween(low, high) => format!("fewer than {} or more than {}", limit(low), limit(high)),
        Bound::Equal(x) => format!("exactly {}", limit(x)),
        Bound::NotEqual(x) => format!("other than {}", limit(x)),
        Bound::Greater(x) => format!("more than {}", limit(x)),
        Bound::Less(x) => format!("fewer than {}", limit(x)),
        Bound::AtLeast(x) => format!("at least {}", limit(x)),
        Bound::AtMost(x) => format!("at most {}", limit(x)),
    };
    format!("{words} characters")
}

fn one_of(options: &[Constant], date1904: bool) -> String {
    let mut words: Vec<String> =
        options.iter().take(MOST_OPTIONS).map(|option| value(option, Format::General, date1904)).collect();
    match options.len() {
        0 => return "nothing: the list of allowed values is empty".to_owned(),
        1 => return words.concat(),
        all if all > MOST_OPTIONS => words.push(format!("… ({all} values)")),
        _ => {}
    }
    format!("one of {}", words.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::value::ErrorCode;

    const X: Limit = Limit::Constant(1.0);

    fn said(rule: &Rule) -> String {
        rule.describe(&["$B$1*2".to_owned()], false)
    }

    #[test]
    fn rules_read_like_sentences() {
        let (ten, calculated) = (Limit::Constant(10.0), Limit::Result(0));
        // 45322 is 2024-01-31, 45351.5 is noon of 2024-02-29.
        let (day, noon) = (Limit::Constant(45_322.0), Limit::Constant(45_351.5));
        let half = Limit::Constant(0.5);
        let texts = |texts: &[&str]| texts.iter().map(|text| Constant::Text((*text).to_owned())).collect();
        for (rule, words) in [
            (Rule::Whole(Bound::Between(X, ten)), "a whole number between 1 and 10"),
            (Rule::Whole(Bound::NotEqual(X)), "a whole number other than 1"),
            (Rule::Decimal(Bound::NotBetween(X, calculated)), "a number not between 1 and $B$1*2"),
            (Rule::Decimal(Bound::AtLeast(half)), "a number of at least 0.5"),
            (Rule::Date(Bound::Between(day, noon)), "a date between 2024-01-31 and 2024-02-29 12:00:00"),
            (Rule::Date(Bound::AtLeast(day)), "a date not before 2024-01-31"),
            (Rule::Time(Bound::Less(half)), "a time before 12:00:00"),
            (Rule::TextLength(Bound::AtMost(ten)), "a text of at most 10 characters"),
            (Rule::TextLength(Bound::Between(X, ten)), "a text of 1 to 10 characters"),
            (Rule::List(texts(&["red", "green"])), "one of red, green"),
            (Rule::List(texts(&["red"])), "red"),
            (Rule::List(Vec::new()), "nothing: the list of allowed values is empty"),
            (Rule::ListFrom(0), "one of the values of $B$1*2"),
            (Rule::Holds(0), "a value for which $B$1*2 is TRUE"),
        ] {
            assert_eq!(said(&rule), words);
        }
    }

    #[test]
    fn a_formula_that_is_not_known_is_called_that() {
        let rule = Rule::Whole(Bound::Less(Limit::Result(7)));
        assert_eq!(said(&rule), "a whole number less than a value that the workbook calculates");
    }

    #[test]
    fn a_long_list_is_cut() {
        let options: Vec<Constant> = (0..35).map(|x| Constant::Number(f64::from(x))).collect();
        let words = said(&Rule::List(options));
        assert!(words.starts_with("one of 0, 1, 2,") && words.ends_with("18, 19, … (35 values)"), "{words}");
    }

    #[test]
    fn values_look_as_in_their_cells() {
        for (constant, format, date1904, shown) in [
            (Constant::Number(45_322.0), Format::Date, false, "2024-01-31"),
            (Constant::Number(43_860.0), Format::Date, true, "2024-01-31"),
            (Constant::Number(45_322.25), Format::DateTime, false, "2024-01-31 06:00:00"),
            (Constant::Number(0.75), Format::Time, false, "18:00:00"),
            (Constant::Number(-1.0), Format::Date, false, "-1"),
            (Constant::Number(0.1), Format::General, false, "0.1"),
            (Constant::Bool(true), Format::General, false, "TRUE"),
            (Constant::Error(ErrorCode::Div0), Format::General, false, "#DIV/0!"),
            (Constant::Blank, Format::Date, false, ""),
        ] {
            assert_eq!(value(&constant, format, date1904), shown);
        }
    }
}
