//! What a date format shows, one piece after the other.

#[derive(Clone, Debug)]
pub enum Item {
    Literal(String),
    Year(usize),
    BuddhistYear(usize),
    Month(usize),
    Day(usize),
    Hour(usize),
    Minute(usize),
    Second(usize),
    /// Hours, minutes or seconds in all, padded to this many digits.
    AllHours(usize),
    AllMinutes(usize),
    AllSeconds(usize),
    /// A point and this many decimals of the second.
    Decimals(usize),
    HalfDay(&'static str, &'static str),
}
