//! Whole calls of execute over plans made by hand. Expected answers follow the documented rules of the execute API.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed step of a test must stop it")]

mod sample;

use execd_serve::error::ServeError;
use execd_serve::execute::{ExecuteOptions, Fragments, execute};
use sample::service::{engine, service};
use std::time::Duration;

fn options() -> ExecuteOptions {
    ExecuteOptions { service: "Folder/\"S\"".to_owned(), ..ExecuteOptions::default() }
}

fn answer(text: &str, options: &ExecuteOptions) -> Fragments {
    execute(&engine(1), &service(), text.as_bytes(), options).unwrap()
}

fn text(json: &[u8]) -> &str {
    std::str::from_utf8(json).unwrap()
}

#[test]
fn objects_give_objects() {
    let request = r#"[{"A":3,"Name":"é\"","Day":"2008-01-01","T":[{"K":1,"13":null}]},{"A":0,"Name":"","Day":null,"T":null}]"#;
    let found = answer(request, &options());
    assert_eq!(
        text(&found.outputs),
        r#"[{"Half":1.5,"Ratio":0.333333333333333,"Name":"é\"","Day":"2008-01-01","T":[{"K":1,"13":null},{"K":null,"13":null}]},"#
            .to_owned()
            + r##"{"Half":0,"Ratio":"#DIV/0!","Name":"","Day":null,"T":[{"K":null,"13":null},{"K":null,"13":null}]}]"##
    );
    assert_eq!(text(&found.process_time), "[1,1]");
    assert_eq!(
        text(&found.warnings),
        r#"[null,[{"source_path":"inputs.Name","message":"Input values submitted with \"\" will be processed as \"\". Use null to submit blank values for inputs"},"#
            .to_owned()
            + r#"{"message":"Output results include Excel errors in the following outputs: Ratio"}]]"#
    );
    assert_eq!(text(&found.errors), "[null,null]");
}

#[test]
fn arrays_give_arrays_and_headings_keep_their_kind() {
    let found = answer(r#"[["A","Name","T"],[11,"longer",[["K",13],[1,true],["x",2]]],[4]]"#, &options());
    assert_eq!(
        text(&found.outputs),
        r#"[["Half","Ratio","Name","Day","T"],[5.5,0.0909090909090909,"longer","1900-01-02",[["K",13],[1,true],["x",2]]],"#
            .to_owned()
            + r#"[2,0.25,1.5,"1900-01-02",[["K",13],[3.5,4.5],[5.5,6.5]]]]"#
    );
    let item = |input: &str, message: &str, rule: &str, value: &str| {
        format!(
            r#"{{"source_path":"$.Input.{input}","error_category":"validation_error","error_type":"error.VALIDATION","message":"{message}","additional_details":"Folder/\"S\"","rule":"{rule}","value":{value}}}"#
        )
    };
    let errors = format!(
        "[[{},{}],null]",
        item("A", "Input Not Valid", "a number of at most 10", "11"),
        item("Name", r#"too \"long\""#, "a text of at most 5 characters", r#""longer""#)
    );
    assert_eq!(text(&found.errors), errors);
    let missing = |name: &str| {
        format!(
            r#"{{"source_path":"Default Values","message":"Input parameter missing for '{name}'. API request processed using the default values saved into the file."}}"#
        )
    };
    let everywhere = missing("Day").replace('}', r#","records":2}"#);
    let warnings = format!("[[{everywhere}],[{},{}]]", missing("Name"), missing("T"));
    assert_eq!(text(&found.warnings), warnings);
}

#[test]
fn a_broken_table_spoils_only_its_record() {
    let found = answer(
        r#"[["A","T"],[2,[["K"],[1]]],[2,[["K",13],[1,2]]]]"#,
        &ExecuteOptions { outputs: vec!["T".to_owned(), "h*".to_owned()], ..options() },
    );
    assert_eq!(
        text(&found.outputs),
        r##"[["Half","T"],[1,[["K",13],["#VALUE!","#VALUE!"],["#VALUE!","#VALUE!"]]],[1,[["K",13],[1,2],[null,null]]]]"##
    );
    assert!(text(&found.errors).contains(r#""source_path":"$.Input.T""#));
    assert!(text(&found.errors).contains(r#""message":"heading '13' is missing""#));
    assert!(text(&found.errors).ends_with(",null]"));
    assert!(text(&found.warnings).contains("Excel errors in the following outputs: T\""));
}

#[test]
fn nothing_in_nothing_out() {
    let null = (&b"null"[..], &b"null"[..], &b"null"[..]);
    let header = answer(r#"[["A"]]"#, &options());
    assert_eq!((&*header.outputs, &*header.process_time, &*header.errors), null);
    assert_eq!(text(&header.warnings), r#"["Warning: The inputs have a header row and no records"]"#);
    let nothing = answer("[]", &options());
    assert_eq!((&*nothing.outputs, &*nothing.process_time, &*nothing.warnings), null);
    assert_eq!(text(&nothing.errors), r#"["Error: No inputs found"]"#);
    let filtered = ExecuteOptions { outputs: vec!["none".to_owned()], ..options() };
    assert_eq!(text(&answer(r#"[["A"],[1],[2]]"#, &filtered).outputs), "[[],[],[]]");
    assert_eq!(text(&answer(r#"[{"A":1},{}]"#, &filtered).outputs), "[{},{}]");
}

#[test]
fn a_batch_gives_what_its_records_give_on_any_number_of_threads() {
    let record = |n: usize| format!("[{},\"n{n}\"]", n as f64 / 7.0 - 20.0);
    let request = |records: &[String]| format!("[[\"A\",\"Name\"],{}]", records.join(","));
    let records: Vec<String> = (0..5_000).map(record).collect();
    let whole = answer(&request(&records), &options());
    let pooled = execute(&engine(3), &service(), request(&records).as_bytes(), &options()).unwrap();
    assert_eq!(
        (&whole.outputs, &whole.errors, &whole.warnings),
        (&pooled.outputs, &pooled.errors, &pooled.warnings)
    );
    let service = service();
    let engine = engine(1);
    let inner = |json: &[u8]| text(json)[1..json.len() - 1].to_owned();
    let (mut outputs, mut errors) = (Vec::new(), Vec::new());
    for record in &records[..300] {
        let one =
            execute(&engine, &service, request(std::slice::from_ref(record)).as_bytes(), &options()).unwrap();
        outputs.push(inner(&one.outputs)[r#"["Half","Ratio","Name","Day","T"],"#.len()..].to_owned());
        errors.push(inner(&one.errors));
    }
    assert!(
        text(&whole.outputs)[r#"[["Half","Ratio","Name","Day","T"],"#.len()..]
            .starts_with(&outputs.join(","))
    );
    assert!(inner(&whole.errors).starts_with(&errors.join(",")));
}

#[test]
fn deadline_cancel_and_limits_end_a_call() {
    let service = service();
    let engine = engine(2);
    let run =
        |options: &ExecuteOptions| execute(&engine, &service, b"[{},{}]", options).map(|found| found.records);
    assert_eq!(run(&options()), Ok(2));
    let late = ExecuteOptions { deadline: Some(Duration::ZERO), ..options() };
    assert_eq!(run(&late), Err(ServeError::Deadline));
    let gone = options();
    gone.stop.cancel();
    assert_eq!(run(&gone), Err(ServeError::Cancelled));
    let mut small = options();
    small.limits.output_bytes = 100;
    assert_eq!(run(&small), Err(ServeError::TooLarge { what: "answer in bytes", limit: 100 }));
    let panicked: Result<(), _> = engine.guarded(None, &options().stop, || panic!("a kernel's bug"));
    assert_eq!(panicked, Err(ServeError::Internal("a kernel's bug".to_owned())));
    assert_eq!(run(&options()), Ok(2), "the engine goes on");
}
