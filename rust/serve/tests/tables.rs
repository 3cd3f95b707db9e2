//! Arrow and files: the same records through every format. Expected values are those of the JSON tests.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed step of a test must stop it")]

mod sample;

use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Float64Type, Int32Type};
use arrow_array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, DictionaryArray, DurationSecondArray, Float64Array,
    Int64Array, NullArray, RecordBatch, StringArray, StructArray, TimestampMillisecondArray,
};
use arrow_schema::{DataType, Field};
use execd_serve::arrow::{Seen, evaluate, read};
use execd_serve::error::ServeError;
use execd_serve::execute::ExecuteOptions;
use execd_serve::files::{LeftOut, Progress, RunOptions, Summary, run_files};
use parquet::arrow::ArrowWriter;
use sample::service::{engine, service};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    RecordBatch::try_from_iter(columns).unwrap()
}

fn answers(columns: Vec<(&str, ArrayRef)>) -> Result<RecordBatch, ServeError> {
    let (schema, batches, _) =
        evaluate(&engine(1), &service(), &Seen::default(), &[batch(columns)], &ExecuteOptions::default())?;
    assert_eq!(batches[0].schema(), schema);
    Ok(batches[0].clone())
}

fn numbers(batch: &RecordBatch, name: &str) -> Vec<Option<f64>> {
    batch.column_by_name(name).unwrap().as_primitive::<Float64Type>().iter().collect()
}

fn texts(batch: &RecordBatch, name: &str) -> Vec<Option<String>> {
    let column = batch.column_by_name(name).unwrap();
    column.as_string::<i32>().iter().map(|text| text.map(str::to_owned)).collect()
}

#[test]
fn columns_by_name_and_the_rest_from_the_workbook() {
    let found = answers(vec![
        ("a", Arc::new(Int64Array::from(vec![Some(4), Some(0), None]))),
        ("ignored", Arc::new(BooleanArray::from(vec![true, false, true]))),
        ("t[2].k", Arc::new(Float64Array::from(vec![7.0, 8.0, 9.0]))),
    ])
    .unwrap();
    assert_eq!(numbers(&found, "Half"), [Some(2.0), Some(0.0), Some(0.0)]);
    assert_eq!(numbers(&found, "Ratio"), [Some(0.25), None, None]);
    assert_eq!(texts(&found, "errors"), [None, Some("Ratio: #DIV/0!".into()), Some("Ratio: #DIV/0!".into())]);
    assert_eq!(numbers(&found, "T[2].K"), [Some(7.0), Some(8.0), Some(9.0)]);
    assert_eq!(numbers(&found, "T[1].13"), [None; 3], "the rows given are the rows");
    let days: Vec<_> = found.column_by_name("Day").unwrap().as_primitive::<Date32Type>().iter().collect();
    // The default serial 2.5 lies in 1900-01-02, which is day -25566 of the Unix calendar.
    assert_eq!(days, [Some(-25_566); 3]);
}

/// Half is a half of `a` and Ratio one over it, in pieces and parts as in one; what goes wrong stays with its record.
#[test]
fn large_tables() {
    const RECORDS: usize = 200_000;
    let zeros = [0, 255, 256, 65_535, 65_536, 131_071, 131_073, RECORDS - 1];
    let a = |record: usize| match record {
        65_537 | 131_072 => 20.0,
        _ if zeros.contains(&record) => 0.0,
        _ => (record % 10 + 1) as f64,
    };
    let column: ArrayRef = Arc::new(Float64Array::from_iter_values((0..RECORDS).map(a)));
    for threads in [1, 2] {
        let table = [batch(vec![("a", Arc::clone(&column))]), batch(vec![("a", column.slice(0, 3))])];
        let (_, found, _) =
            evaluate(&engine(threads), &service(), &Seen::default(), &table, &ExecuteOptions::default())
                .unwrap();
        let all = |values: fn(&RecordBatch, &str) -> Vec<Option<f64>>, name: &str| -> Vec<Option<f64>> {
            found.iter().flat_map(|batch| values(batch, name)).collect()
        };
        let records: Vec<f64> = (0..RECORDS).chain(0..3).map(a).collect();
        assert_eq!(all(numbers, "Half"), records.iter().map(|a| Some(a / 2.0)).collect::<Vec<_>>());
        let ratios = records.iter().map(|a| (*a != 0.0).then_some(1.0 / a)).collect::<Vec<_>>();
        assert_eq!(all(numbers, "Ratio"), ratios);
        let errors = found.iter().flat_map(|batch| texts(batch, "errors"));
        for (error, a) in errors.zip(&records) {
            let expected = match *a {
                0.0 => Some("Ratio: #DIV/0!"),
                20.0 => Some("A: Input Not Valid: 20 is not a number of at most 10"),
                _ => None,
            };
            assert_eq!(error.as_deref(), expected, "{a}");
        }
    }
}

/// Numbers are read where they are if Excel has each of them; else the column is copied.
#[test]
fn numbers_stay_where_they_are() {
    let (service, options) = (service(), ExecuteOptions::default());
    let first = |array: &Float64Array| {
        let table = batch(vec![("a", Arc::new(array.clone()))]);
        let decoded = read(&table, service.rules(&options), &[]).unwrap();
        decoded.batch.columns.iter().find(|column| !column.is_empty()).unwrap().as_ptr().cast()
    };
    let numbers = Float64Array::from(vec![7.0, 0.0, -3.5, 1e300]);
    assert_eq!(first(&numbers), numbers.values().as_ptr());
    assert_eq!(first(&numbers.slice(1, 2)), numbers.values()[1..].as_ptr());
    for odd in [-0.0, f64::NAN, f64::INFINITY, 5e-324] {
        let numbers = Float64Array::from(vec![1.0, odd]);
        assert_ne!(first(&numbers), numbers.values().as_ptr(), "{odd}");
    }
    let nulls = Float64Array::from(vec![Some(1.0), None]);
    assert_ne!(first(&nulls), nulls.values().as_ptr());
}

#[test]
fn an_empty_table_has_an_answer_without_records() {
    let none: ArrayRef = Arc::new(Float64Array::from(Vec::<f64>::new()));
    assert_eq!(answers(vec![("a", Arc::clone(&none))]).unwrap().num_rows(), 0);
    let nested = StructArray::new_empty_fields(0, None);
    assert!(answers(vec![("T", Arc::new(nested))]).is_err());
}

#[test]
fn kinds_of_columns_become_excel_values() {
    let text = |array: ArrayRef| texts(&answers(vec![("Name", array)]).unwrap(), "errors");
    // The output Name is a number in the workbook: whatever else arrives there is told in `errors`.
    let dictionary: DictionaryArray<Int32Type> = vec![Some("red"), None].into_iter().collect();
    assert_eq!(text(Arc::new(dictionary)), [Some("Name: red".into()), None]);
    assert_eq!(text(Arc::new(BooleanArray::from(vec![true]))), [Some("Name: TRUE".into())]);
    assert_eq!(text(Arc::new(NullArray::new(2))), [None, None]);
    assert_eq!(
        text(Arc::new(StringArray::from(vec!["longer"]))),
        [Some("Name: too \"long\": longer is not a text of at most 5 characters; Name: longer".into())],
        "the validation's message first"
    );
    let number = |array: ArrayRef| numbers(&answers(vec![("Name", array)]).unwrap(), "Name");
    // Excel's documentation: 1 January 2008 is serial 39448; 28 February 1900 is 59, 1 March 1900 is 61.
    assert_eq!(
        number(Arc::new(Date32Array::from(vec![13_879, -25_509, -25_508]))),
        [Some(39_448.0), Some(59.0), Some(61.0)]
    );
    let noon = TimestampMillisecondArray::from(vec![1_199_145_600_000 + 43_200_000]);
    assert_eq!(number(Arc::new(noon)), [Some(39_448.5)]);
    let days = answers(vec![("Day", Arc::new(StringArray::from(vec!["2008-01-01"])) as ArrayRef)]).unwrap();
    assert_eq!(days.column_by_name("Day").unwrap().as_primitive::<Date32Type>().value(0), 13_879);
}

#[test]
fn nested_tables_are_refused_with_the_way_out() {
    let field = arrow_schema::Field::new("K", DataType::Float64, true);
    let array =
        StructArray::from(vec![(Arc::new(field), Arc::new(Float64Array::from(vec![1.0])) as ArrayRef)]);
    let error = answers(vec![("T", Arc::new(array))]).unwrap_err().to_string();
    assert!(
        error.starts_with("inputs, input 'T': a table input is read from columns like T[1].heading"),
        "{error}"
    );
}

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("execd-files-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).unwrap();
    }
}

fn through(input: &Path, output: &Path) -> Result<Summary, ServeError> {
    through_with(input, output, &RunOptions::default())
}

fn through_with(input: &Path, output: &Path, options: &RunOptions) -> Result<Summary, ServeError> {
    let progress = Progress::default();
    let summary = run_files(&engine(2), &service(), input, output, options, &progress)?;
    assert_eq!((progress.records(), progress.fraction()), (summary.records, 1.0));
    Ok(summary)
}

const CSV: &str =
    "a,name,Day,T[1].K,T[2].13\n4,x,2008-01-01,1,\n0,\"say \"\"hi\"\", you\",,TRUE,9\n1e1,007,2008-01-02,,\n";
const ANSWERS: &str = "Half,Ratio,Name,Day,T[1].K,T[1].13,T[2].K,T[2].13,errors,warnings\n\
    2,0.25,x,2008-01-01,1,,,,,\n\
    0,#DIV/0!,\"say \"\"hi\"\", you\",,TRUE,,,9,\"Name: too \"\"long\"\": say \"\"hi\"\", you is not a text of at most 5 characters; Ratio: #DIV/0!\",\n\
    5,0.1,007,2008-01-02,,,,,,\n";

#[test]
fn csv_to_csv() {
    let folder = Folder::new("csv");
    std::fs::write(folder.file("in.csv"), CSV).unwrap();
    let summary = through(&folder.file("in.csv"), &folder.file("out.csv")).unwrap();
    assert_eq!(
        summary,
        Summary {
            records: 3,
            invalid: 1,
            errors: "errors".to_owned(),
            seconds: summary.seconds,
            ..Summary::default()
        }
    );
    assert_eq!(std::fs::read_to_string(folder.file("out.csv")).unwrap(), ANSWERS);
    assert!(!folder.file("out.csv.part").exists());
}

#[test]
fn inputs_without_a_column_are_told() {
    let folder = Folder::new("left");
    for (name, content, left_out) in [
        ("trailing.csv", "Name,T[1].K\nx,1,,\n", [("A", 1), ("Day", 1)]),
        ("some.ndjson", "\u{FEFF}{\"Name\":\"x\"}\n{\"A\":1}\n", [("Day", 2), ("T", 2)]),
    ] {
        std::fs::write(folder.file(name), content).unwrap();
        let summary = through(&folder.file(name), &folder.file("out.parquet")).unwrap();
        let left_out: Vec<LeftOut> =
            left_out.map(|(input, records)| LeftOut { input: input.to_owned(), records }).into();
        assert_eq!(summary.left_out, left_out, "{name}");
    }
}

/// A Parquet file of a batch.
fn parquet_file(path: &Path, batch: &RecordBatch) {
    let mut writer = ArrowWriter::try_new(File::create(path).unwrap(), batch.schema(), None).unwrap();
    writer.write(batch).unwrap();
    writer.close().unwrap();
}

/// The mistake in the columns of a table, which is the same in every format.
fn mistake(name: &str, columns: &[&str]) -> String {
    let folder = Folder::new(name);
    let out = folder.file("out.csv");
    let ones: ArrayRef = Arc::new(Int64Array::from(vec![1]));
    let table = batch(columns.iter().map(|name| (*name, Arc::clone(&ones))).collect());
    std::fs::write(folder.file("a.csv"), format!("{}\n1,1\n", columns.join(","))).unwrap();
    parquet_file(&folder.file("a.parquet"), &table);
    let csv = through(&folder.file("a.csv"), &out).unwrap_err().to_string();
    let parquet = through(&folder.file("a.parquet"), &out).unwrap_err().to_string();
    let arrow =
        evaluate(&engine(1), &service(), &Seen::default(), &[table], &ExecuteOptions::default()).unwrap_err();
    assert_eq!((&csv, &parquet), (&arrow.to_string(), &arrow.to_string()));
    csv
}

/// As a key that JSON has twice.
#[test]
fn two_columns_for_one_cell_are_refused() {
    assert_eq!(mistake("twice", &["a", "A"]), "inputs, input 'A': the column 'A' appears twice");
    assert_eq!(
        mistake("twice", &["T[1].K", "t[01].k"]),
        "inputs, input 'T': the column 't[01].k' appears twice"
    );
    let whole = mistake("twice", &["A", "t"]);
    assert_eq!(
        whole,
        "inputs, input 'T': a table input is read from columns like t[1].heading, or from lists of structs"
    );
}

#[test]
fn columns_of_which_none_names_an_input_are_refused() {
    let inputs = "the inputs are 'A', 'Name', 'Day', 'T'";
    assert_eq!(
        mistake("none-named", &["A ", "T[9].K"]),
        format!("inputs: no column names an input; the columns are 'A ', 'T[9].K'; {inputs}")
    );
    let folder = Folder::new("unmatched");
    for (content, columns) in [("A:Name\n1:x\n", "'A:Name'"), ("B;Nam\n1;x\n", "'B;Nam'"), ("x\n", "'x'")] {
        std::fs::write(folder.file("a.csv"), content).unwrap();
        let error = through(&folder.file("a.csv"), &folder.file("out.csv")).unwrap_err().to_string();
        assert_eq!(error, format!("inputs: no column names an input; the columns are {columns}; {inputs}"));
    }
    let many: Vec<String> = (0..30).map(|n| format!("c{n}")).collect();
    std::fs::write(folder.file("a.csv"), many.join(",")).unwrap();
    let error = through(&folder.file("a.csv"), &folder.file("out.csv")).unwrap_err().to_string();
    assert!(error.contains("'c18', 'c19' and 10 more; the inputs"), "{error}");
}

/// They may have any type, and what their bytes say is not looked at.
#[test]
fn columns_that_are_no_inputs_refuse_no_file() {
    let folder = Folder::new("others");
    let nested: ArrayRef = Arc::new(StructArray::from(vec![(
        Arc::new(Field::new("x", DataType::Int64, true)),
        Arc::new(Int64Array::from(vec![7])) as ArrayRef,
    )]));
    let bytes: ArrayRef = Arc::new(BinaryArray::from(vec![&b"\xFF"[..]]));
    let span: ArrayRef = Arc::new(DurationSecondArray::from(vec![1]));
    let four: ArrayRef = Arc::new(Int64Array::from(vec![4]));
    let table = batch(vec![
        ("nested", nested),
        ("bytes", Arc::clone(&bytes)),
        ("BYTES", bytes),
        ("a", four),
        ("span", span),
    ]);
    parquet_file(&folder.file("in.parquet"), &table);
    std::fs::write(folder.file("in.csv"), b"x,a,x\n\xFF,4,1\n").unwrap();
    for name in ["in.parquet", "in.csv"] {
        through(&folder.file(name), &folder.file("out.csv")).unwrap();
        let text = std::fs::read_to_string(folder.file("out.csv")).unwrap();
        assert!(text.lines().nth(1).unwrap().starts_with("2,0.25,"), "{name}: {text}");
    }
    let (_, found, _) =
        evaluate(&engine(1), &service(), &Seen::default(), &[table], &ExecuteOptions::default()).unwrap();
    assert_eq!(numbers(&found[0], "Half"), [Some(2.0)]);
}

#[test]
fn every_format_reads_what_it_wrote() {
    let folder = Folder::new("formats");
    // Half of each answer becomes the input A of the next run: the columns are named so that they meet.
    std::fs::write(folder.file("start.ndjson"), "{\"A\":1.5,\"T\":[{\"K\":2,\"13\":3}]}\n\n{\"a\":-7}\r\n{}")
        .unwrap();
    for suffix in ["ndjson", "csv", "parquet", "arrow"] {
        let (first, second) =
            (folder.file(&format!("first.{suffix}")), folder.file(&format!("second-{suffix}.csv")));
        assert_eq!(through(&folder.file("start.ndjson"), &first).unwrap().records, 3);
        assert_eq!(through(&first, &second).unwrap().records, 3);
        let text = std::fs::read_to_string(&second).unwrap();
        let rows: Vec<&str> = text.lines().skip(1).collect();
        // A is no output, so it is the workbook's 0.5; the table goes through both runs.
        assert_eq!(rows.len(), 3, "{suffix}");
        assert!(rows[0].starts_with("0.25,2,") && rows[0].contains(",2,3,"), "{suffix}: {}", rows[0]);
        assert!(rows[2].ends_with("3.5,4.5,5.5,6.5,,"), "{suffix}: {}", rows[2]);
    }
}

#[test]
fn many_chunks_keep_their_order() {
    let folder = Folder::new("chunks");
    let count = 150_000;
    let lines: String = (0..count).map(|n| format!("{n}\n")).collect();
    std::fs::write(folder.file("in.csv"), format!("A\n{lines}")).unwrap();
    let execute = ExecuteOptions { outputs: vec!["Half".to_owned()], ..ExecuteOptions::default() };
    let filtered = RunOptions { execute, ..RunOptions::default() };
    let summary = through_with(&folder.file("in.csv"), &folder.file("out.ndjson"), &filtered).unwrap();
    assert_eq!(summary.records, count);
    let text = std::fs::read_to_string(folder.file("out.ndjson")).unwrap();
    let expected = |n: usize| {
        let errors = match n {
            ..=10 => "null".to_owned(),
            _ => format!("\"A: Input Not Valid: {n} is not a number of at most 10\""),
        };
        format!("{{\"Half\":{},\"errors\":{errors},\"warnings\":null}}", n as f64 / 2.0)
    };
    assert!(text.lines().enumerate().all(|(n, line)| line == expected(n)));
}

#[test]
fn mistakes_name_file_or_record_and_leave_no_output() {
    let folder = Folder::new("mistakes");
    let out = folder.file("out.csv");
    let error = |name: &str, content: &[u8]| {
        std::fs::write(folder.file(name), content).unwrap();
        through(&folder.file(name), &out).unwrap_err().to_string()
    };
    assert_eq!(error("a.ndjson", b"{\"A\":1}\n{\"A\":}\n"), "inputs, record 2, input 'A': expected value");
    assert_eq!(error("b.ndjson", b"{}\n[{}]"), "inputs, record 2: a line of NDJSON is one JSON object");
    assert_eq!(error("a.csv", b"A\n1\n\xFF\n"), "inputs, record 2, input 'A': not valid UTF-8");
    assert_eq!(
        error("comma.csv", b"A\n1\n2,5\n"),
        "inputs, record 2: \"5\" comes after the last of the header's 1 columns"
    );
    assert_eq!(
        error("short.csv", b"A,Name\n1,x\n2\n"),
        "inputs, record 2: 1 of the header's 2 columns are there"
    );
    assert_eq!(error("open.csv", b"A,Name\n1,x\n2,\"y\n3,z\n"), "inputs, record 2: a quote is not closed");
    assert!(error("open-header.csv", b"A,\"Name\n1,x\n").ends_with(": header row: a quote is not closed"));
    assert!(error("latin.csv", b"\xC4\n1\n").ends_with(": header row: not valid UTF-8"));
    for lines in ["{}\n{} {}\n", "{}\n{},{}\n", "{}\n{\"T\":[{}\n{}]}\n"] {
        let found = error("lines.ndjson", lines.as_bytes());
        assert_eq!(found, "inputs, record 2: a line of NDJSON is one JSON object", "{lines}");
    }
    assert!(error("a.parquet", b"no parquet at all").contains("a.parquet: "));
    assert!(error("a.arrow", b"ARROW1 but no more").contains("a.arrow: "));
    assert!(error("a.xml", b"").contains("the suffix must be"));
    assert!(through(&folder.file("none.csv"), &out).unwrap_err().to_string().contains("none.csv: "));
    assert!(!out.exists() && !folder.file("out.csv.part").exists());
}

/// A run that writes over what it reads would leave a user without the records.
#[test]
fn the_output_is_never_the_input() {
    let folder = Folder::new("same");
    let file = folder.file("in.csv");
    std::fs::write(&file, CSV).unwrap();
    let error = through(&file, &folder.file("./in.csv")).unwrap_err().to_string();
    assert!(error.ends_with("the answers would replace the records"), "{error}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), CSV);
}

/// Files without records: a header alone, nothing at all.
#[test]
fn no_records_are_no_mistake() {
    let folder = Folder::new("none");
    for (name, content) in [("a.csv", ""), ("b.csv", "A,Name"), ("c.csv", "A\n"), ("d.ndjson", "\n")] {
        std::fs::write(folder.file(name), content).unwrap();
        let (input, output) = (folder.file(name), folder.file("out.csv"));
        let (options, progress) = (RunOptions::default(), Progress::default());
        let summary = run_files(&engine(2), &service(), &input, &output, &options, &progress).unwrap();
        assert_eq!(summary.records, 0, "{name}");
    }
}
