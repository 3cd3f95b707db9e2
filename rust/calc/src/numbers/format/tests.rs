use super::*;

fn show(code: &str, x: f64) -> Option<String> {
    let mut out = String::new();
    Format::parse(code)?.write(x, false, &mut out).ok()?;
    Some(out)
}

fn check(code: &str, cases: &[(f64, &str)]) {
    for &(x, expected) in cases {
        assert_eq!(show(code, x).as_deref(), Some(expected), "{code} {x}");
    }
}

/// Cached values of IronCalc's Excel workbook TEXT.xlsx and Apache POI's NumberFormatTests.xlsx.
#[test]
fn numbers() {
    check("0", &[(-1.0 / 3.0, "0"), (1e16, "10000000000000000"), (12_345.678_9, "12346")]);
    check("#,##0_);(#,##0)", &[(12.0, "12 "), (-0.3, "(0)"), (-12_345.678_9, "(12,346)")]);
    check(
        "00-00-00-00",
        &[(12.0, "00-00-00-12"), (-12.0, "-00-00-00-12"), (123_456_789_012.0, "123456-78-90-12")],
    );
    check("[Red]#.#", &[(12.0, "12."), (0.0, "."), (-1.0 / 3.0, "-.3")]);
    check("#,#.00 \"Millions!\"", &[(12_345.678_9, "12,345.68 Millions!")]);
    check("?,?????????", &[(1_234_567.0, "    1,234,567")]);
    check("0,000000000", &[(1_234_567.0, "0,001,234,567")]);
    check("#,.#,", &[(1_234_567.0, "1.2")]);
    check("0,0.00%%", &[(123.45, "1,234,500.00%%")]);
    check(",#", &[(1_234_567.0, ",1234567")]);
    check("0.00E+0", &[(12.0, "1.20E+1"), (-2.5e-9, "-2.50E-9"), (0.0, "0.00E+0")]);
    check("|####.####|e-|#|", &[(123_456.789, "|12.3457|e|4|")]);
    check("|?.?|e+|?|", &[(0.0, "|0. |e|+0|")]);
}

/// Cached values of Apache POI's NumberFormatTests.xlsx; 0.456 is Microsoft's "Display numbers as fractions".
#[test]
fn fractions() {
    check("|#\\:#/#|", &[(23.75, "|23:3/4|"), (0.75, "|3/4|"), (-1.0, "-|1|"), (0.0, "|0|")]);
    check("|0\\:#=/=?|", &[(1.0, "|1      |"), (0.75, "|0:3=/=4|")]);
    check("|#\\:? ?0#/000", &[(23.75, "|2:3  03/004"), (0.0, "|:0  00/001")]);
    check("|#_#/#|", &[(3.75, "|15 /4|")]);
    check("# ?/?", &[(123.456, "123 1/2")]);
    check("# ??/??", &[(123.456, "123 26/57")]);
}

/// Cached values of Apache POI's and SheetJS's Excel workbooks.
#[test]
fn dates() {
    check("ddd-mmm-yyy", &[(17_816.607_951_388_887 + 1462.0, "Sat-Oct-1952")]);
    check("hh:mm:ss.000 am/pm", &[(17_816.607_951_388_887, "02:35:27.000 PM")]);
    check("[h]:m:s.000", &[(0.085_462_962_962_962_96, "2:3:4.000")]);
    check("s:m\" @ hour \"[hh]", &[(-0.085_462_962_962_962_96, "-4:3 @ hour 02")]);
    check("mm/dd/yyyy hh:mm", &[(4_018.999_999_988_43, "01/01/1911 00:00")]);
    check("yyyy mmm ddd dd hh:mm:ss", &[(0.000_69, "1900 Jan Sat 00 00:01:00")]);
    check("ddddd/mmmmm/yyyyy", &[(41_181.0, "Saturday/S/2012")]);
    assert_eq!(show("mm###", 1.0), None);
    assert_eq!(show("m/d/y", -1.0), None);
    assert_eq!(show("m/d/y", 2_958_466.0), None);
}

/// Cached values of Apache POI's FormatChoiceTests.xlsx and FormatConditionTests.xlsx.
#[test]
fn conditions() {
    check("[<10]#\" Wow\"", &[(1.5, "2 Wow"), (10.0, "10")]);
    check("[>-10]#\" Big\"", &[(-9.0, "-9 Big")]);
}

/// Cached values of IronCalc's Excel workbook TEXT.xlsx and Apache POI's GeneralFormatTests.xlsx.
#[test]
fn general() {
    check(
        "General",
        &[
            (1.0 / 3.0, "0.333333333"),
            (-1e-8, "-0.00000001"),
            (2.5e-9, "2.5E-09"),
            (123_456_789_012.0, "1.23457E+11"),
            (25_000_000_000.0, "25000000000"),
            (1.234_567_891_9, "1.234567892"),
            (12_345.678_9, "12345.6789"),
        ],
    );
}

/// The straight way for frequent formats against the general one, which `;` with a twin section does not change but an
/// optional decimal forces.
#[test]
fn plain_sections_agree_with_the_general_way() {
    let numbers =
        [0.0, 0.005, 0.5, 1.005, 2.675, 999.995, 1234.5, 123_456_789.125, 1e14, 1e15, 3e17, 1e18, 1e19, 5e-9];
    for (plain, general) in
        [("0.00", "0.00#"), ("#,##0.00", "#,##0.00#"), ("#,##0", "#,##0.#"), ("000,000", "000,000.#")]
    {
        for x in numbers {
            let rounded = crate::numbers::digits::round_half_away(x, if plain.contains('.') { 2 } else { 0 });
            let (straight, other) = (show(plain, x).unwrap(), show(general, rounded).unwrap());
            assert_eq!(straight, other.trim_end_matches('.'), "{plain} {x}");
        }
    }
}

/// Names are known in English only.
#[test]
fn other_languages_are_refused_where_words_are_shown() {
    assert_eq!(show("[$-40C]mmmm", 41_181.0), None);
    assert_eq!(show("[$-40C]dd/mm/yyyy", 41_181.0).as_deref(), Some("29/09/2012"));
    assert_eq!(show("[$-809]mmmm", 41_181.0).as_deref(), Some("September"));
    assert_eq!(show("[$€-407]0.00", 1.5).as_deref(), Some("€1.50"));
}

/// Whatever the code, it is refused or shows something; the seed is fixed.
#[test]
fn no_code_panics() {
    let alphabet: Vec<char> = "00##??..,,%%//\\\"_*@[]$<>=;;EeymdhsAP/+-:19 €x".chars().collect();
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    let mut next = move |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    for _ in 0..20_000 {
        let code: String = (0..next(16)).filter_map(|_| alphabet.get(next(alphabet.len()))).collect();
        for x in [0.0, -1.5, 41_181.999_99, 1e300, 5e-324, -0.004] {
            drop(show(&code, x));
        }
        if let Some(format) = Format::parse(&code) {
            format.write_text("text", &mut String::new());
        }
    }
}

/// A number of at most 15 digits shows these digits, by integer arithmetic.
#[test]
fn fixed_decimals_are_the_digits_of_the_number() {
    for decimals in 0..8usize {
        for least in 1..5usize {
            let fraction = if decimals > 0 { format!(".{}", "0".repeat(decimals)) } else { String::new() };
            let code = format!("{}{fraction}", "0".repeat(least));
            for n in [0u64, 1, 9, 10, 99, 100, 105, 1_234, 99_999, 100_000, 5_000_007, 123_456_789_012] {
                let unit = 10u64.pow(decimals as u32);
                let (whole, rest) = (n / unit, n % unit);
                let expected = if decimals > 0 {
                    format!("{whole:0least$}.{rest:0decimals$}")
                } else {
                    format!("{whole:0least$}")
                };
                assert_eq!(show(&code, n as f64 / unit as f64), Some(expected), "{code} {n}");
            }
        }
    }
}
