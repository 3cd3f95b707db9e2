//! Records in lock step, and what several models do with them.

/// Records in lock step: four vectors of four doubles.
pub const LANES: usize = 16;
pub type Lanes = [f64; LANES];

/// `LANES` values of a column.
#[inline(always)]
pub fn lanes(column: &[f64], first: usize) -> Lanes {
    let mut out = [0.0; LANES];
    out.copy_from_slice(&column[first..first + LANES]);
    out
}

/// The greatest lane.
#[inline(always)]
pub fn greatest(x: &Lanes) -> f64 {
    let mut most = x[0];
    for &lane in x {
        most = most.max(lane);
    }
    most
}

/// ROUND(x,2): half away from zero; a double a few ulps under a decimal tie counts as the tie.
#[inline(always)]
pub fn cents(x: f64) -> f64 {
    const NUDGE: f64 = 1.0 + 4.0 * f64::EPSILON;
    (x * (100.0 * NUDGE)).round() / 100.0
}
