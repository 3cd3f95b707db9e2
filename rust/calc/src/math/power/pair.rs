//! Numbers as unevaluated sums of two doubles, the second below an ulp of the first: 106 bits from additions and fused
//! multiply-adds. No tables, no functions.

/// The larger part first.
pub type Pair = (f64, f64);

/// a + b, exactly.
#[inline(always)]
pub fn sum(a: f64, b: f64) -> Pair {
    let s = a + b;
    let from_b = s - a;
    (s, (a - (s - from_b)) + (b - from_b))
}

/// a + b, exactly, where |a| >= |b| or a is 0.
#[inline(always)]
pub fn sum_ordered(a: f64, b: f64) -> Pair {
    let s = a + b;
    (s, (a - s) + b)
}

/// a b, exactly.
#[inline(always)]
pub fn product(a: f64, b: f64) -> Pair {
    let p = a * b;
    (p, a.mul_add(b, -p))
}

/// a b, off by some 2^-104 of it. The second part may be a few ulps of the first.
#[inline(always)]
pub fn times_loose(a: Pair, b: Pair) -> Pair {
    let (p, e) = product(a.0, b.0);
    (p, a.1.mul_add(b.0, a.0.mul_add(b.1, e)))
}

#[inline(always)]
pub fn times(a: Pair, b: Pair) -> Pair {
    let (p, e) = times_loose(a, b);
    sum_ordered(p, e)
}

/// a + b, off by some 2^-104 of it, where |a| >= 2 |b| or a is 0.
#[inline(always)]
pub fn plus(a: Pair, b: Pair) -> Pair {
    let (s, e) = sum_ordered(a.0, b.0);
    sum_ordered(s, e + (a.1 + b.1))
}
