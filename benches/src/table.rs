//! The one table that a run prints, ratios first.

/// A measurement beside its yardstick.
pub struct Row {
    pub what: String,
    /// Above 1: faster than the yardstick.
    pub ratio: f64,
    pub ours: String,
    pub yardstick: String,
    /// The smallest ratio that is good enough, if there is one.
    pub aim: Option<f64>,
}

#[allow(clippy::print_stdout, reason = "this is what the program is for")]
pub fn print(rows: &[Row]) {
    println!("{:>7}  {:>5}  {:<44} {:>22}  {:>28}", "ratio", "aim", "what", "execd", "yardstick");
    for row in rows {
        let aim = row.aim.map_or(String::new(), |aim| format!("{aim:.2}"));
        let short = if row.aim.is_some_and(|aim| row.ratio < aim) { "  <" } else { "" };
        println!("{:>7.2}  {aim:>5}  {:<44} {:>22}  {:>28}{short}", row.ratio, row.what, row.ours, row.yardstick);
    }
}

/// 12.3 M, 456 k and so on.
pub fn count(x: f64) -> String {
    match x {
        x if x >= 1e7 => format!("{:.1} M", x / 1e6),
        x if x >= 1e6 => format!("{:.2} M", x / 1e6),
        x if x >= 1e3 => format!("{:.0} k", x / 1e3),
        x => format!("{x:.0}"),
    }
}
