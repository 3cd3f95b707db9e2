//! Oracle: mpmath 1.3 at 40 digits (gammainc, betainc, ncdf and quadrature of the density for the two largest shapes).

use super::*;

#[track_caller]
fn near(got: f64, want: f64, tolerance: f64, what: &str) {
    assert!((got - want).abs() <= tolerance * want.abs(), "{what}: {got:e}, not {want:e}");
}

/// a, x, P, Q.
const GAMMA: [(f64, f64, f64, f64); 14] = [
    (0.5, 0.1, 0.345279153981423, 0.654720846018577),
    (0.5, 20.0, 0.9999999997460371, 2.539628589470865e-10),
    (0.001, 0.001, 0.9936876467088603, 0.00631235329113971),
    (3.0, 2.5, 0.45618688411667047, 0.5438131158833295),
    (10.0, 3.0, 0.0011024881301154798, 0.9988975118698845),
    (10.0, 30.0, 0.9999928782491372, 7.121750862815577e-06),
    (100.0, 100.0, 0.5132987982791487, 0.48670120172085135),
    (100.0, 140.0, 0.9998389428252874, 0.00016105717471255585),
    (1234.5, 1200.0, 0.16312290592537934, 0.8368770940746206),
    (50000.0, 50500.0, 0.9871311596227663, 0.012868840377233669),
    (0.01, 30.0, 1.0, 3.144913227075796e-17),
    (2.0, 1e-05, 4.999966666791667e-11, 0.9999999999500003),
    (2000000.0, 2001000.0, 0.7602865609469363, 0.23971343905306375),
    (30000000.0, 29990000.0, 0.033933876045663405, 0.9660661239543366),
];

/// a, b, x, I(x; a, b), I(1 - x; b, a).
const BETA: [(f64, f64, f64, f64, f64); 10] = [
    (0.5, 0.5, 0.1, 0.20483276469913345, 0.7951672353008665),
    (2.0, 3.0, 0.4, 0.5248, 0.47519999999999996),
    (0.0001, 0.0001, 0.3, 0.49995764122791536, 0.5000423587720846),
    (50.0, 0.5, 0.99, 0.3173043978741974, 0.6826956021258026),
    (0.5, 50.0, 1e-06, 0.007958793744835395, 0.9920412062551646),
    (300.0, 700.0, 0.3, 0.5036711828607676, 0.4963288171392324),
    (300.0, 700.0, 0.35, 0.9996158824051897, 0.0003841175948103116),
    (12345.0, 3.0, 0.9995, 0.05461910109283132, 0.9453808989071687),
    (5000.0, 5000.0, 0.48, 3.147091632030982e-05, 0.9999685290836797),
    (3.0, 100000.0, 0.0001, 0.9972319660398864, 0.0027680339601136097),
];

/// Probability and quantile.
const NORMAL: [(f64, f64); 9] = [
    (5.725571222524577e-300, -37.0),
    (9.479534822203318e-18, -8.5),
    (0.0013498980316300946, -3.0),
    (0.15865525393145705, -1.0),
    (0.460172162722971, -0.10000000000000002),
    (0.4999996010577196, -9.999999999399286e-07),
    (0.6914624612740131, 0.5),
    (0.9750021048517795, 1.959999999999999),
    (0.9999999990134123, 5.9999999908841595),
];

/// z and the probability of at most z: in the middle, on the way out, and where its square must not be rounded.
const NORMAL_LOWER: [(f64, f64); 12] = [
    (-2.1137056388801094e-12, 0.49999999999915673),
    (1e-05, 0.500003989422804),
    (-0.005, 0.49800529690925915),
    (-0.0158, 0.4936969742186411),
    (-0.3, 0.3820885778110474),
    (-1.0, 0.15865525393145705),
    (-2.5, 0.006209665325776135),
    (-7.0, 1.279812543885835e-12),
    (-15.0, 3.670966199312751e-51),
    (-30.0, 4.906713927148187e-198),
    (1.3, 0.9031995154143897),
    (4.0, 0.9999683287581669),
];

#[test]
fn incomplete_gamma() {
    for (a, x, lower, upper) in GAMMA {
        let tails = gamma_tails(a, x);
        near(tails.lower, lower, 2e-13, &format!("P({a}, {x})"));
        near(tails.upper, upper, 1e-12, &format!("Q({a}, {x})"));
        // Where both tails are well away from 1, the inverse must come back to x.
        if lower.max(upper) < 1.0 - 1e-9 {
            near(
                gamma_quantile(a, Tails { lower, upper }, || false),
                x,
                1e-12,
                &format!("inverse of P({a}, {x})"),
            );
        }
    }
}

#[test]
fn incomplete_beta() {
    for (a, b, x, lower, upper) in BETA {
        let tails = beta_tails(a, b, x, 1.0 - x);
        // 1 - x is rounded, which a large shape multiplies.
        near(tails.lower, lower, 2e-12, &format!("I({x}; {a}, {b})"));
        near(tails.upper, upper, 2e-12, &format!("I'({x}; {a}, {b})"));
        // So flat at the fourth shape that a rounding error of the probability moves x visibly.
        let tolerance = if a < 0.001 { 1e-9 } else { 1e-11 };
        near(
            beta_quantile(a, b, Tails { lower, upper }, || false).0,
            x,
            tolerance,
            &format!("inverse of I({x}; {a}, {b})"),
        );
    }
}

#[test]
fn normal() {
    for (p, z) in NORMAL {
        near(normal_quantile(p), z, 1e-15, &format!("quantile of {p}"));
        near(normal_tails(z).lower, p, 1e-12, &format!("distribution at {z}"));
    }
    for (z, p) in NORMAL_LOWER {
        near(normal_lower(z), p, if z.abs() < 0.01 { 0.0 } else { 8e-16 }, &format!("distribution at {z}"));
    }
}

#[test]
fn terms() {
    near(binomial_term(3.0, 10.0, 0.3, 0.7), 0.266827932, 1e-14, "3 of 10");
    near(binomial_term(0.0, 5.0, 1e-9, 1.0 - 1e-9), 0.999999995, 1e-15, "0 of 5");
    near(binomial_term(500.0, 1000.0, 0.5, 0.5), 0.0252250181783608, 1e-14, "500 of 1000");
    near(binomial_term(400.0, 1e5, 0.005, 0.995), 4.105824657854701e-07, 1e-13, "400 of 100000");
}
