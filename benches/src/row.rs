//! A measurement as a row of the table that `benches/run.py` prints.

/// A measurement beside its yardstick.
pub struct Row {
    pub what: String,
    /// Above 1: better than the yardstick.
    pub ratio: f64,
    pub ours: String,
    pub yardstick: String,
    /// The smallest ratio that is good enough, if there is one.
    pub aim: Option<f64>,
}

#[allow(clippy::print_stdout, reason = "this is what the program is for")]
pub fn print(rows: &[Row]) {
    for Row { what, ratio, ours, yardstick, aim } in rows {
        let aim = aim.map_or(String::new(), |aim| aim.to_string());
        println!("{ratio:.4}\t{aim}\t{what}\t{ours}\t{yardstick}");
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
