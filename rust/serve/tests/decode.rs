//! What the decoders make of `inputs`. Every case runs through both; expected values follow the documented rules of
//! the execute API (layouts, defaults, blanks, tables) or, for numbers, Rust's own exact parser.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed step of a test must stop it")]

mod sample;

use execd_calc::interface::{Format, Interface};
use execd_serve::codec::decode::{decode, fast, reference};
use execd_serve::codec::decoded::Decoded;
use execd_serve::error::ServeError;
use sample::{Setting, all, inputs, interface, notes, record, table};

fn both(setting: &Setting, text: &str) -> Result<Decoded, ServeError> {
    let fast = decode(text.as_bytes(), setting.rules());
    let reference = reference::decode(text, setting.rules());
    match (&fast, &reference) {
        (Ok(fast), Ok(reference)) => assert_eq!(all(fast), all(reference), "{text}"),
        (Err(fast), Err(reference)) => assert_eq!(fast, reference, "{text}"),
        _ => panic!("{text}: {fast:?} against {reference:?}"),
    }
    fast
}

fn good(text: &str) -> Decoded {
    both(&Setting::new(interface()), text).unwrap()
}

#[test]
fn a_table_of_many_rows() {
    let rows = 100_000;
    let inputs = inputs(&[("T", table(&["K", "L"], rows), Format::General)]);
    let setting = Setting::new(Interface { inputs, ..Interface::default() });
    let sent: Vec<String> = (1..rows).map(|row| format!("[{row},{}]", row * 2)).collect();
    let text = format!(r#"[["T"],[[["K","L"],{}]]]"#, sent.join(","));
    let cells = record(&both(&setting, &text).unwrap(), 0);
    assert_eq!(cells[..4], ["1.0", "2.0", "2.0", "4.0"]);
    assert_eq!(cells[2 * rows - 4..], ["99999.0", "199998.0", "blank", "blank"]);
}

/// The one record of a request, its cells and its notes.
fn one(text: &str) -> (Vec<String>, Vec<String>) {
    let decoded = good(text);
    assert_eq!(decoded.batch.records, 1, "{text}");
    (record(&decoded, 0), notes(&decoded, 0))
}

/// The message of a refused request.
fn refused(text: &str) -> String {
    match both(&Setting::new(interface()), text) {
        Err(error) => error.to_string(),
        Ok(decoded) => panic!("{text} gave {}", all(&decoded)),
    }
}

const NO_TABLE: [&str; 6] = ["-"; 6];
const ABSENT: [&str; 4] = ["absent 0", "absent 1", "absent 2", "absent 3"];

#[test]
fn both_layouts_give_the_same() {
    let objects =
        r#"[{"A":1,"Name":"x","Day":"2008-01-01","T":[{"K":1,"B.B1":2,"13":3},{"13":6,"K":4,"B.B1":5}]}]"#;
    let arrays = r#" [ ["A", "Name", "Day", "T"] , [1, "x", 39448, [["K","B.B1",13],[1,2,3],[4,5,6]]] ] "#;
    let cells = ["1.0", "'x'", "39448.0", "1.0", "2.0", "3.0", "4.0", "5.0", "6.0"];
    for text in [objects, arrays] {
        assert_eq!(one(text), (cells.map(str::to_owned).to_vec(), vec![]));
        assert!(
            fast::decode(text, Setting::new(interface()).rules()).is_some(),
            "the fast decoder gave up on {text}"
        );
    }
}

#[test]
fn scalars_of_every_kind() {
    let cases = [
        (r#"{"a":null}"#, "blank"),
        (r#"{"a":true}"#, "true"),
        (r#"{"a":"10"}"#, "'10'"),
        (r##"{"a":"#N/A"}"##, "'#N/A'"),
        (r#"{"A":"2008-01-01"}"#, "'2008-01-01'"),
        (r#"{"A":"a\u00e9\n\ud83d\ude00\"\\"}"#, "'aé\n😀\"\\'"),
        (r#"{"A":-0}"#, "0.0"),
        (r#"{"A":9007199254740993}"#, "9007199254740992.0"),
        (r#"{"A":123456789012345678901234567890}"#, "1.2345678901234568e29"),
        (r#"{"A":0.1e-5}"#, "1e-6"),
        (r#"{"A":1e-400}"#, "0.0"),
        (r#"{"A":2.2250738585072011e-308}"#, "0.0"),
    ];
    for (text, value) in cases {
        assert_eq!(one(&format!("[{text}]")).0[0], value, "{text}");
    }
}

#[test]
fn numbers_are_read_exactly() {
    let setting = Setting::new(interface());
    for text in [
        "0.1",
        "0.30000000000000004",
        "1.7976931348623157e308",
        "8.41e21",
        "9007199254740991.5",
        "7e22",
        "1e23",
        "3.141592653589793238462643383279",
        "123456789.0123456789",
        "0.000001",
        "5e-324",
        "179769313486231580",
    ] {
        let decoded = both(&setting, &format!("[[\"A\"],[{text}]]")).unwrap();
        let expected: f64 = text.parse().unwrap();
        let expected = if expected.is_normal() { expected } else { 0.0 };
        assert_eq!(decoded.batch.columns[0][0].as_number(), Some(expected), "{text}");
    }
}

#[test]
fn numbers_of_every_length_are_read_exactly() {
    // The standard library is the oracle. All records but the first are read by the pattern of the one before.
    let digits = "3141592653589793";
    let mut texts = Vec::new();
    for (whole, fraction) in (1..12).flat_map(|whole| (0..12).map(move |fraction| (whole, fraction))) {
        for sign in ["", "-"] {
            let point = if fraction > 0 { "." } else { "" };
            texts.push(format!("{sign}{}{point}{}", &digits[..whole], &digits[..fraction]));
            texts.push(format!("{sign}0.{}{}", "0".repeat(whole), &digits[..=fraction]));
        }
    }
    let setting = Setting::new(interface());
    for space in ["", " ", "\n  "] {
        let rows: String = texts.iter().map(|text| format!(",[{text}{space}]")).collect();
        let decoded = both(&setting, &format!("[[\"A\"]{rows}]")).unwrap();
        for (text, value) in texts.iter().zip(decoded.batch.columns[0].iter()) {
            assert_eq!(value.as_number(), text.parse().ok(), "{text}");
        }
    }
    for wrong in ["01", "-01", "1.", "-", "1.e2", "1e", "1..2", "1.2.3", "00", "+1", ".5", "1-2", "0x1"] {
        let call = format!("[[\"A\"],[1],[{wrong}],[2]]");
        assert!(both(&setting, &call).is_err(), "{wrong}");
    }
}

#[test]
fn zeros_have_no_sign() {
    // The second and later ones are read by the pattern of the record before.
    let decoded = good(r#"[["A"],[1],[-0],[-0.0],[0],[-0.000],[-0.5]]"#);
    let bits: Vec<u64> = decoded.batch.columns[0].iter().map(|value| value.bits()).collect();
    assert_eq!(bits, [1.0_f64, 0.0, 0.0, 0.0, 0.0, -0.5].map(f64::to_bits));
}

#[test]
fn dates_belong_to_date_cells() {
    assert_eq!(one(r#"[{"Day":"2008-01-01T06:00:00"}]"#).0[2], "39448.25");
    assert_eq!(one(r#"[{"Day":"31/08/2022"}]"#).0[2], "'31/08/2022'");
}

#[test]
fn what_is_left_out_is_the_workbooks() {
    let decoded = good(r#"[{"A":1},{"NAME":"x","other":[1,{"a":[]}]},{"A":2,"Name":""},{}]"#);
    assert_eq!(record(&decoded, 0), [&["1.0", "'nobody'", "-"], &NO_TABLE[..]].concat());
    assert_eq!(record(&decoded, 1), [&["0.5", "'x'", "-"], &NO_TABLE[..]].concat());
    assert_eq!(record(&decoded, 3), [&["0.5", "'nobody'", "-"], &NO_TABLE[..]].concat());
    assert_eq!(notes(&decoded, 0), ["absent 1", "absent 2", "absent 3"]);
    assert_eq!(notes(&decoded, 2), ["absent 2", "absent 3", "empty 1"]);
    assert_eq!(notes(&decoded, 3), ABSENT);
}

#[test]
fn rows_may_be_short_long_empty_or_null() {
    let decoded = good(r#"[["A","unknown","name"],[1],[2,3,"x","more",[]],[],null,[4,null,null]]"#);
    assert_eq!(decoded.batch.records, 5);
    let column = |cell: usize| (0..5).map(|n| record(&decoded, n)[cell].clone()).collect::<Vec<_>>();
    assert_eq!(column(0), ["1.0", "2.0", "0.5", "0.5", "4.0"]);
    assert_eq!(column(1), ["'nobody'", "'x'", "'nobody'", "'nobody'", "blank"]);
    assert_eq!(notes(&decoded, 0), ["absent 1", "absent 2", "absent 3"]);
    assert_eq!(notes(&decoded, 3), ABSENT);
    assert_eq!(one(r#"[["A","B","a"],[1,2,3]]"#).0[0], "3.0", "the last of two columns wins");
}

#[test]
fn nothing_and_a_header_alone() {
    assert!(good("[]").nothing);
    let header = good(r#"[["A"]]"#);
    assert_eq!((header.batch.records, header.nothing), (0, false));
    assert_eq!(good("[[]]").batch.records, 0);
    assert_eq!(good("[null,{}]").batch.records, 2);
}

#[test]
fn tables_may_be_short_and_are_cut() {
    fn blank(cells: &[&'static str]) -> Vec<&'static str> {
        [cells, &["blank"; 6][cells.len()..]].concat()
    }
    let cases = [
        (r#"[{"K":1,"B.B1":2,"13":3}]"#, blank(&["1.0", "2.0", "3.0"]), None),
        (r#"[["13","k","b.b1"],[3,1,2]]"#, blank(&["1.0", "2.0", "3.0"]), None),
        (r#"[{"K":1},{"B.B1":2,"13":3}]"#, vec!["1.0", "blank", "blank", "blank", "2.0", "3.0"], None),
        ("[]", blank(&[]), None),
        ("null", blank(&[]), None),
        (r#"[["K","B.B1",13]]"#, blank(&[]), None),
        (r#"[["K","B.B1",13],null,[4,5,6]]"#, vec!["blank", "blank", "blank", "4.0", "5.0", "6.0"], None),
        (
            r#"[["K","B.B1",13],[1,2,3],[4,5,6],[7,8,9]]"#,
            vec!["1.0", "2.0", "3.0", "4.0", "5.0", "6.0"],
            Some("cut 3"),
        ),
        (r#"[["K","B.B1",13],[1,2,3,"more"]]"#, blank(&["1.0", "2.0", "3.0"]), Some("cut 3")),
    ];
    for (table, cells, note) in cases {
        let (found, notes) = one(&format!(r#"[{{"T":{table}}}]"#));
        assert_eq!(found[3..], cells, "{table}");
        assert_eq!(notes.get(3).map(String::as_str), note, "{table}");
    }
}

#[test]
fn a_broken_table_is_its_records_error_alone() {
    let cases = [
        (r#"[["K","B.B1","Q"],[1,2,3]]"#, "3: no heading 2"),
        (r#"[["K",13],[1,2]]"#, "3: no heading 1"),
        (r#"[{"K":1,"13":2}]"#, "3: no heading 1"),
        (r#"[["K","k","B.B1",13],[1,2,3,4]]"#, "3: heading 'k' appears twice"),
        (r#"[["K","B.B1",null],[1,2,3]]"#, "3: a heading must be a text or a number"),
        (r#"[["K","B.B1",13],5]"#, "3: row 1 is no row"),
        (r#"[["K","B.B1",13],[1,2,3],{"K":1}]"#, "3: row 2 is no row"),
        (r#"[{"K":1,"B.B1":1,"13":1},[1]]"#, "3: row 2 is no row"),
        (r#"[["K","B.B1",13],[1,2]]"#, "3: row 1 has 2 values under 3 headings"),
        (r#""text""#, "3: a table is expected: an array of rows"),
        (r#"{"K":1}"#, "3: a table is expected: an array of rows"),
    ];
    for (table, note) in cases {
        let decoded = good(&format!(r#"[{{"A":1,"T":null}},{{"A":2,"T":{table}}},{{"A":3}}]"#));
        assert_eq!(record(&decoded, 1)[3..], ["#VALUE!"; 6], "{table}");
        assert_eq!(record(&decoded, 2)[3..], ["3.5", "4.5", "5.5", "6.5", "7.5", "8.5"], "{table}");
        assert_eq!(notes(&decoded, 1)[2..], [note], "{table}");
        assert_eq!(notes(&decoded, 0), ["absent 1", "absent 2"]);
    }
}

/// What the caller spells and nothing is called is named, once, at the record that has it first.
#[test]
fn names_that_match_nothing() {
    let named = |text: &str| {
        let decoded = good(text);
        let names = decoded.notes.unmatched.from(0).iter();
        names.map(|(record, name)| format!("{record} {name}")).collect::<Vec<_>>()
    };
    let stranger = "1 'stranger' is not an input of the service";
    assert_eq!(named(r#"[{"A":1},{"stranger":1},{"a":2,"stranger":[{"K":1}]}]"#), [stranger]);
    assert_eq!(named(r#"[["stranger","A"],[1,2],[1,2]]"#), [stranger.replace('1', "0")]);
    let heading = "0 'Q' is not a heading of the table 'T'";
    let table = r#"[{"T":[{"K":1,"B.B1":2,"13":3,"Q":[[4]]}]},{"T":[["K","Q","B.B1",13],[1,4,2,3]]}]"#;
    assert_eq!(named(table), [heading]);
    let decoded = good(table);
    for number in 0..2 {
        assert_eq!(record(&decoded, number)[3..6], ["1.0", "2.0", "3.0"]);
        assert_eq!(notes(&decoded, number)[3..], [""; 0], "the heading is no error");
    }
    let many: Vec<String> = (0..1000).map(|n| format!("{{\"n{n}\":0}}")).collect();
    assert_eq!(named(&format!("[{}]", many.join(","))).len(), 100);
}

#[test]
fn values_beyond_the_header_are_told_of_their_record() {
    let decoded = good(r#"[["A","Name"],[1,"x"],[1,"x",2],[1,"x",2,[3]],[1]]"#);
    let surplus = |number: usize| notes(&decoded, number).contains(&"surplus".to_owned());
    assert_eq!((0..4).map(surplus).collect::<Vec<_>>(), [false, true, true, false]);
}

#[test]
fn arrays_and_long_texts_in_cells_are_errors_of_the_record() {
    let (cells, notes) = one(r#"[{"A":[1,2],"Name":{"x":1}}]"#);
    assert_eq!(cells[..2], ["#VALUE!", "#VALUE!"]);
    assert_eq!(notes[2], "0: a single value is expected, not an array or an object");
    let (cells, notes) =
        one(&format!(r#"[{{"A":"{}","Name":"{}"}}]"#, "é".repeat(32_767), "e".repeat(32_768)));
    assert_eq!((cells[0].chars().count(), cells[1].as_str()), (32_769, "#VALUE!"));
    assert_eq!(notes[2], "1: a text has at most 32767 characters");
}

#[test]
fn refusals_name_the_place() {
    let cases = [
        (r#"[{"A":1},{"A":x}]"#, "inputs, record 2, input 'A', byte 14: expected value"),
        (r#"[{"A":1},{"a":2,"A":3}]"#, "inputs, record 2, input 'A', byte 18: the key 'A' appears twice"),
        (
            r#"[{"T":[{"K":1,"k":2}]}]"#,
            "inputs, record 1, input 'T', byte 16: the key 'k' appears twice in a table row",
        ),
        (r#"[["A"],[1e400]]"#, "inputs, record 1, input 'A', byte 12: number out of range"),
        (r#"[["A"],[NaN]]"#, "inputs, record 1, input 'A', byte 8: NaN is no JSON; a blank is null"),
        (
            r#"[["A"],[-Infinity]]"#,
            "inputs, record 1, input 'A', byte 9: -Infinity is no JSON; a blank is null",
        ),
        (r#"[["A"],["\ud800"]]"#, "inputs, record 1, input 'A', byte 15: lone surrogate in an escape"),
        ("[[\"A\"],\n[1,\n2", "inputs, record 1, byte 12: EOF while parsing a list"),
        (
            r#"{"A":1}"#,
            "inputs, byte 0: an object, but inputs is an array of records, also for a single one: [{...}]",
        ),
        ("7", "inputs, byte 0: invalid type: integer `7`, expected an array of records"),
        (
            "[7]",
            "inputs, byte 1: invalid type: integer `7`, expected an object or a header row as the first record",
        ),
        (
            "[{},7]",
            "inputs, record 2, byte 4: invalid type: integer `7`, expected an object of inputs like the first record",
        ),
        (
            "[{},[]]",
            "inputs, record 2, byte 5: invalid type: sequence, expected an object of inputs like the first record",
        ),
        (
            "[[],{}]",
            "inputs, record 1, byte 5: invalid type: map, expected an array of values like the header row",
        ),
        ("[[7],[1]]", "inputs, byte 2: invalid type: integer `7`, expected the name of an input"),
        ("[[]] x", "inputs, byte 5: trailing characters"),
        ("", "inputs, byte 0: EOF while parsing a value"),
    ];
    let found: Vec<_> = cases.iter().map(|(text, _)| (*text, refused(text))).collect();
    assert_eq!(found, cases.map(|(text, message)| (text, message.to_owned())));
}

#[test]
fn nesting_is_bounded() {
    let nested = |depth: usize| format!(r#"[{{"other":{}{}}}]"#, "[".repeat(depth), "]".repeat(depth));
    assert_eq!(good(&nested(62)).batch.records, 1);
    assert!(refused(&nested(63)).ends_with("nested more than 64 deep"));
    assert!(refused(&"[".repeat(1_000_000)).contains("byte"));
    assert!(refused(&nested(1_000_000)).ends_with("nested more than 64 deep"));
}

#[test]
fn bad_utf8_names_the_record() {
    let setting = Setting::new(interface());
    let error = decode(b"[{\"A\":1},{\"Name\":\"x\xFFy\"}]", setting.rules()).unwrap_err();
    assert_eq!(error.to_string(), "inputs, record 2, input 'Name', byte 19: not valid UTF-8");
}

#[test]
fn limits_hold_just_under_and_just_over() {
    let mut setting = Setting::new(interface());
    let text = r#"[["A","Name","T"],[1,"abc",[["K","B.B1",13],[1,2,3],[4,5,6]]],[2,"def",null]]"#;
    let too_large = |setting: &Setting, what| match both(setting, text) {
        Err(ServeError::TooLarge { what: found, .. }) => found == what,
        _ => false,
    };
    setting.limits.records = 2;
    setting.limits.table_rows = 2;
    setting.limits.text_bytes = 6;
    setting.limits.values = 8 * 2 + 1;
    assert_eq!(both(&setting, text).unwrap().batch.records, 2);
    setting.limits.values -= 1;
    assert!(too_large(&setting, "input values"));
    setting.limits.values += 1;
    setting.limits.text_bytes = 5;
    assert!(too_large(&setting, "text in bytes"));
    setting.limits.text_bytes = 6;
    setting.limits.table_rows = 1;
    assert!(too_large(&setting, "rows of a table"));
    setting.limits.table_rows = 2;
    setting.limits.records = 1;
    assert!(too_large(&setting, "records"));
    setting.limits.input_bytes = text.len() - 1;
    let error = decode(text.as_bytes(), setting.rules()).unwrap_err();
    assert_eq!(error.kind(), "too_large");
}

#[test]
fn a_raised_stop_signal_ends_decoding() {
    let setting = Setting::new(interface());
    setting.stop.expire();
    assert_eq!(both(&setting, "[{}]").unwrap_err(), ServeError::Deadline);
}
