//! Files that are broken, or meant to break the reader: each is refused with the right kind and a message that says
//! what is wrong, at a cost that the limits bound.
#![allow(clippy::unwrap_used, clippy::panic)]

mod builder;

use builder::{Archive, Book, links, relationship};
use execd_calc::interface::Format;
use execd_model::error::{Error, ErrorKind};
use execd_model::limits::Limits;
use execd_model::{check, xlsx};
use std::sync::atomic::Ordering;

fn refused(bytes: &[u8], limits: &Limits) -> Error {
    match xlsx::read(bytes, limits) {
        Ok(_) => panic!("was read"),
        Err(error) => error,
    }
}

fn assert_refused(bytes: &[u8], kind: ErrorKind, words: &str) {
    let error = refused(bytes, &Limits::default());
    assert_eq!(error.kind, kind, "{error}");
    assert!(error.message.contains(words), "{error}");
}

fn sheet_refused(content: &str, words: &str) {
    assert_refused(&Book::new().sheet("S", content).bytes(), ErrorKind::NotAWorkbook, words);
}

fn rows_refused(rows: &str, words: &str) {
    sheet_refused(&format!("<sheetData>{rows}</sheetData>"), words);
}

fn good() -> Book {
    Book::new().rows("S", "<row r='1'><c r='A1'><v>1</v></c></row>")
}

/// A compound file whose directory has an entry of this name.
fn compound_file(entry: &str) -> Vec<u8> {
    let mut bytes = vec![0; 1024];
    bytes[..8].copy_from_slice(&[0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1]);
    let name = entry.encode_utf16().flat_map(u16::to_le_bytes);
    bytes.splice(640..640 + 2 * entry.len(), name);
    bytes
}

#[test]
fn other_kinds_of_files_are_named() {
    assert_refused(&compound_file("EncryptedPackage"), ErrorKind::Encrypted, "password");
    assert_refused(&compound_file("Workbook"), ErrorKind::NotAWorkbook, "(xls)");
    assert_refused(&compound_file("Book"), ErrorKind::NotAWorkbook, "(xls)");
    assert_refused(&compound_file("WordDocument"), ErrorKind::NotAWorkbook, "Word");
    assert_refused(&compound_file("Nothing"), ErrorKind::NotAWorkbook, "OLE2");
    for (bytes, words) in [
        (&b""[..], "empty"),
        (b"PK", "damaged zip"),
        (b"PK\x05\x06", "zip"),
        (b"\x09\x08\x10\x00\x00\x06", "(xls)"),
        (b"%PDF-1.7", "PDF"),
        (b"a;b\n1;2\n", "csv"),
        (b"\xEF\xBB\xBFname,value\n", "csv"),
        (b" <!DOCTYPE html><html>", "HTML"),
        (b"<table><tr>", "HTML"),
        (b"<?xml version='1.0'?><a/>", "XML"),
        (b"<?xml version='1.0'?><Workbook xmlns='urn:schemas-microsoft-com:office:spreadsheet'/>", "2003"),
        (b"{\"a\": 1}", "JSON"),
        (b"\x7fELF\x02\x01\x00\x00", "not a zip archive"),
    ] {
        assert_refused(bytes, ErrorKind::NotAWorkbook, words);
    }
}

#[test]
fn other_packages_are_named() {
    let with_main = |target: &str| {
        let list = links(&relationship("rId1", "officeDocument", target, false));
        builder::zip(&[("_rels/.rels".to_owned(), list), (target.to_owned(), b"<document/>".to_vec())])
    };
    assert_refused(&with_main("xl/workbook.bin"), ErrorKind::NotAWorkbook, "xlsb");
    assert_refused(&with_main("word/document.xml"), ErrorKind::NotAWorkbook, "Word");
    assert_refused(&with_main("xl/workbook.xml"), ErrorKind::NotAWorkbook, "<document>");
    let empty = |names: &[&str]| {
        builder::zip(&names.iter().map(|name| ((*name).to_owned(), b"x".to_vec())).collect::<Vec<_>>())
    };
    assert_refused(&empty(&["mimetype", "content.xml"]), ErrorKind::NotAWorkbook, "ods");
    assert_refused(&empty(&["notes.txt"]), ErrorKind::NotAWorkbook, "without a workbook");
}

#[test]
fn every_cut_of_a_workbook_is_refused() {
    let bytes = good().bytes();
    assert!(xlsx::read(&bytes, &Limits::default()).is_ok());
    for length in 0..bytes.len() {
        let error = refused(&bytes[..length], &Limits::default());
        assert_eq!(error.kind, ErrorKind::NotAWorkbook, "{length}: {error}");
    }
}

#[test]
fn damaged_bytes_never_panic() {
    let bytes = good().bytes();
    for place in 0..bytes.len() {
        for flip in [0x01, 0x80, 0xFF] {
            let mut damaged = bytes.clone();
            damaged[place] ^= flip;
            let _ = xlsx::read(&damaged, &Limits::default());
        }
    }
}

#[test]
fn damaged_xml_never_panics() {
    let parts = good().all_parts();
    for (index, (_, content)) in parts.iter().enumerate() {
        for place in 0..content.len() {
            for byte in *b"<>&\"'/\0\xFF9" {
                let mut damaged = parts.clone();
                damaged[index].1[place] = byte;
                let _ = xlsx::read(&builder::zip(&damaged), &Limits::default());
            }
            let mut cut = parts.clone();
            cut[index].1.truncate(place);
            let _ = xlsx::read(&builder::zip(&cut), &Limits::default());
        }
    }
}

#[test]
fn what_unpacks_counts_and_not_what_is_declared() {
    let big = format!("<sheetData>{}</sheetData>", "<row/>".repeat(200_000));
    let parts = Book::new().sheet("S", &big).all_parts();
    let bytes = builder::zip(&parts);
    assert!(bytes.len() < 10_000);
    for (limits, words) in [
        (Limits { part_bytes: 100_000, ..Limits::default() }, "one part"),
        (Limits { total_bytes: 100_000, ..Limits::default() }, "all parts together"),
    ] {
        let error = refused(&bytes, &limits);
        assert_eq!(error.kind, ErrorKind::TooLarge, "{error}");
        assert!(error.message.contains(words), "{error}");
    }
    // An archive that declares less, or four gigabytes, is refused or read at the same cost.
    for declared in [10, u32::MAX - 1] {
        let mut archive = Archive::default();
        for (name, content) in &parts {
            let lies = name == "xl/pages/p1.xml";
            archive.add(name, content, if lies { declared } else { content.len() as u32 }, 0);
        }
        let error = refused(&archive.finish(), &Limits { part_bytes: 100_000, ..Limits::default() });
        assert!(matches!(error.kind, ErrorKind::TooLarge | ErrorKind::NotAWorkbook), "{error}");
    }
}

#[test]
fn one_token_cannot_fill_the_memory() {
    let limits = Limits { xml_token_bytes: 100_000, ..Limits::default() };
    let long = "x".repeat(200_000);
    for content in [
        format!("<sheetData><row r='{long}'/></sheetData>"),
        format!("<sheetData><row><c t='str'><v>{long}</v></c></row></sheetData>"),
        format!(
            "<sheetData><row><c t='str'><v>{}</v></c></row></sheetData>",
            "<![CDATA[xxxxxxxx]]>".repeat(20_000)
        ),
        format!("<!--{long}-->"),
    ] {
        let error = refused(&Book::new().sheet("S", &content).bytes(), &limits);
        assert_eq!(error.kind, ErrorKind::TooLarge, "{error}");
    }
}

#[test]
fn counts_have_limits() {
    let rows = "<row><c><v>1</v></c><c><v>2</v></c><c><f>A1</f></c></row>";
    let three = Book::new().rows("S", rows).rows("T", "").name("a", "1").name("b", "2").bytes();
    assert!(xlsx::read(&three, &Limits { cells: 3, sheets: 2, items: 3, ..Limits::default() }).is_ok());
    let limits = [
        (Limits { cells: 2, ..Limits::default() }, "cells"),
        (Limits { sheets: 1, ..Limits::default() }, "sheets"),
        (Limits { items: 1, ..Limits::default() }, "elements"),
        (Limits { entries: 4, ..Limits::default() }, "entries"),
        (Limits { file_bytes: 100, ..Limits::default() }, "bytes"),
        (Limits { formula_chars: 1, ..Limits::default() }, "formula of cell C1"),
        (Limits { xml_depth: 3, ..Limits::default() }, "deeper"),
    ];
    for (limits, words) in limits {
        let error = refused(&three, &limits);
        assert_eq!(error.kind, ErrorKind::TooLarge, "{error}");
        assert!(error.message.contains(words), "{error}");
    }
}

#[test]
fn areas_of_validations_have_a_limit() {
    let rule = "<dataValidation type='whole' sqref='A1 A2 A3:A9'><formula1>1</formula1></dataValidation>";
    let bytes = Book::new().sheet("S", &format!("<sheetData/>{}", rule.repeat(3))).bytes();
    assert!(xlsx::read(&bytes, &Limits { areas: 9, ..Limits::default() }).is_ok());
    let error = refused(&bytes, &Limits { areas: 8, ..Limits::default() });
    assert!(error.kind == ErrorKind::TooLarge && error.message.contains("areas"), "{error}");
}

/// One output, `=formula`, in B1.
fn formula(text: &str) -> Book {
    let rows = format!("<row r='1'><c r='A1'><v>1</v></c><c r='B1'><f>{text}</f></c></row>");
    Book::new().rows("S", &rows).name("Xinput_a", "S!$A$1").name("Xoutput_b", "S!$B$1")
}

/// 2^60 uses of the last name, or of the LAMBDA.
#[test]
fn names_that_double_cost_as_much_as_there_are_of_them() {
    let mut names = formula("n_0_");
    for name in 0..60 {
        names = names.name(&format!("n_{name}_"), &format!("n_{0}_+n_{0}_", name + 1));
    }
    let names = names.name("n_60_", "S!$A$1");
    let lambda = formula("TWICE(60)");
    let lambda = lambda.name("TWICE", "LAMBDA(n,IF(n<=0,S!$A$1,TWICE(n-1)+TWICE(n-1)))");
    for book in [names, lambda] {
        let compiled = execd_model::compile(&book.bytes(), &Limits::default()).unwrap();
        assert!(compiled.plan.steps.len() <= 61, "{} steps", compiled.plan.steps.len());
    }
}

#[test]
fn compiling_has_limits_and_names_the_formula() {
    let bindings: String = (0..40).map(|n| format!("f_{}_,LAMBDA(x,f_{n}_(f_{n}_(x))),", n + 1)).collect();
    let doubling = formula(&format!("LET(f_0_,LAMBDA(x,x+1),{bindings}f_40_(A1))"));
    let arrays = formula("SUM(MAKEARRAY(1000,1000,LAMBDA(r,c,SUM(SEQUENCE(1000,1000)))))+A1");
    for (book, limits, words) in [
        (&doubling, Limits { nodes: 1_000, ..Limits::default() }, "1000 steps"),
        (&doubling, Limits { bytes: 1 << 20, ..Limits::default() }, "1 MB"),
        (&arrays, Limits { bytes: 64 << 20, ..Limits::default() }, "64 MB"),
    ] {
        let error = execd_model::compile(&book.bytes(), &limits).unwrap_err();
        assert_eq!(error.kind, ErrorKind::TooLarge, "{error}");
        assert!(error.message.contains("S!B1") && error.message.contains(words), "{error}");
        let error = execd_model::recalculate(&book.bytes(), &Limits { bytes: 1 << 20, ..limits }, 0.0);
        assert_eq!(error.unwrap_err().kind, ErrorKind::TooLarge);
    }
}

#[test]
fn reading_and_compiling_can_be_stopped() {
    let limits = Limits::default();
    let read = xlsx::read(&formula("A1*2").bytes(), &limits).unwrap();
    limits.stop.store(true, Ordering::Relaxed);
    assert_eq!(refused(&good().bytes(), &limits).kind, ErrorKind::Stopped);
    assert_eq!(execd_model::compile_workbook(&read, &limits).unwrap_err().kind, ErrorKind::Stopped);
}

/// A workbook that would compile for hours, stopped from another thread.
#[test]
fn a_compile_that_goes_on_is_stopped() {
    let book =
        formula("SUM(MAKEARRAY(2000,1000,LAMBDA(r,c,SUM(SEQUENCE(1,100,r,c)^SEQUENCE(100)))))+A1").bytes();
    let limits = Limits { bytes: usize::MAX, ..Limits::default() };
    let error = std::thread::scope(|scope| {
        let compile = scope.spawn(|| execd_model::compile(&book, &limits));
        limits.stop.store(true, Ordering::Relaxed);
        compile.join().unwrap()
    });
    assert_eq!(error.unwrap_err().kind, ErrorKind::Stopped);
}

#[test]
fn deep_nesting_is_refused() {
    let deep = format!("{}{}", "<a>".repeat(100_000), "</a>".repeat(100_000));
    assert_refused(&Book::new().sheet("S", &deep).bytes(), ErrorKind::TooLarge, "deeper");
}

#[test]
fn document_types_and_entities_are_refused() {
    let parts: Vec<(String, Vec<u8>)> = good()
        .all_parts()
        .into_iter()
        .map(|(name, content)| match name.as_str() {
            "xl/pages/p1.xml" => (name, [b"<!DOCTYPE w [<!ENTITY a 'aaaa'>]>", content.as_slice()].concat()),
            _ => (name, content),
        })
        .collect();
    assert_refused(&builder::zip(&parts), ErrorKind::NotAWorkbook, "document type");
    rows_refused("<row><c t='str'><v>&lol;</v></c></row>", "&lol;");
    rows_refused("<row><c t='&lol;'><v>1</v></c></row>", "lol");
}

#[test]
fn two_parts_of_one_name_are_refused() {
    for twin in ["xl/book.xml", "XL/Book.xml", "/xl/book.xml", "xl\\book.xml"] {
        let mut parts = good().all_parts();
        parts.push((twin.to_owned(), b"<workbook/>".to_vec()));
        assert_refused(&builder::zip(&parts), ErrorKind::NotAWorkbook, "two entries of the");
    }
}

#[test]
fn encrypted_entries_are_refused() {
    let mut archive = Archive::default();
    for (name, content) in good().all_parts() {
        archive.add(&name, &content, content.len() as u32, 1);
    }
    assert_refused(&archive.finish(), ErrorKind::Encrypted, "password");
}

#[test]
fn targets_outside_the_package_are_missing_parts() {
    for target in ["../../../../etc/passwd", "/etc/passwd", "%2e%2e/%2e%2e/secret", "sheet.xml\u{1F600}"] {
        let mut parts = good().all_parts();
        let list = links(&relationship("rId1", "worksheet", target, false));
        parts.iter_mut().find(|(name, _)| name == "xl/_rels/book.xml.rels").unwrap().1 = list;
        assert_refused(&builder::zip(&parts), ErrorKind::NotAWorkbook, "is missing");
    }
    let mut parts = good().all_parts();
    let list = links(&relationship("rId1", "worksheet", "http://example.org/sheet.xml", true));
    parts.iter_mut().find(|(name, _)| name == "xl/_rels/book.xml.rels").unwrap().1 = list;
    assert_refused(&builder::zip(&parts), ErrorKind::NotAWorkbook, "the sheet S has no part");
}

#[test]
fn senseless_cells_are_named() {
    for (rows, words) in [
        ("<row r='1'><c r='A1'><v>1</v></c><c r='A1'><v>2</v></c></row>", "A1 is there twice"),
        ("<row r='1'><c r='A2'><v>1</v></c></row>", "A2"),
        ("<row r='0'/>", "row number"),
        ("<row r='1048577'/>", "row number"),
        ("<row r='x'/>", "not a number"),
        ("<row r='1'><c r='XFE1'><v>1</v></c></row>", "XFE1"),
        ("<row r='1'><c r='XFD1'><v>1</v></c><c><v>2</v></c></row>", "XFE1"),
        ("<row r='1'><c r='B1' t='s'><v>3</v></c></row>", "cell B1"),
        ("<row r='1'><c r='B1'><v>1e999</v></c></row>", "cell B1"),
        ("<row r='1'><c r='B1'><v>NaN</v></c></row>", "cell B1"),
        ("<row r='1'><c r='B1' t='b'><v>yes</v></c></row>", "cell B1"),
        ("<row r='1'><c r='B1' t='d'><v>soon</v></c></row>", "cell B1"),
        ("<row r='1'><c r='B1' t='q'><v>1</v></c></row>", "type"),
        ("<row r='1'><c r='B1'><f t='shared' si='4'/></c></row>", "cell B1 has no first cell"),
        ("<row r='1'><c r='B1'><f t='shared'>1</f></c></row>", "cell B1 has no number"),
        ("<row r='1'><c r='B1'><f t='array' ref='A1:B2'>1</f></c></row>", "cell B1 does not start there"),
        ("<c r='A1'><v>1</v></c>", "outside the rows"),
        ("<row r='1'><c r='A1'><v>1</v></row>", "broken"),
        ("<row r='1'><c r='A1' r2=><v>1</v></c></row>", "broken"),
        ("<row r='1'><c r='A1'><v>\u{0}</v>", "broken"),
    ] {
        rows_refused(rows, words);
    }
}

#[test]
fn senseless_workbooks_are_named() {
    let twins = Book::new().rows("One", "").rows("ONE", "").bytes();
    assert_refused(&twins, ErrorKind::NotAWorkbook, "two sheets");
    assert_refused(&Book::new().bytes(), ErrorKind::NotAWorkbook, "no sheet");
    assert_refused(&Book::new().rows("", "").bytes(), ErrorKind::NotAWorkbook, "no name");
    let stray = good().name_with("Local", "S!$A$1", "localSheetId='7'").bytes();
    assert_refused(&stray, ErrorKind::NotAWorkbook, "Local");
    let mut utf16 = good().all_parts();
    let text = String::from_utf8(utf16[1].1.clone()).unwrap();
    utf16[1].1 = [0xFEFF].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    assert_refused(&builder::zip(&utf16), ErrorKind::NotAWorkbook, "UTF-8");
}

#[test]
fn one_long_text_in_many_cells_is_kept_once() {
    let strings = format!("<sst><si><t>{}</t></si></sst>", "x".repeat(32_767));
    let rows = format!("<row>{}</row>", "<c t='s'><v>0</v></c>".repeat(16_384)).repeat(10);
    let book = Book::new().rows("S", &rows).linked("sharedStrings", "t.xml", &strings);
    let book = xlsx::read(&book.bytes(), &Limits::default()).unwrap();
    let texts = book.sheets[0].cells.values().map(|cell| match &cell.value {
        execd_model::workbook::CellValue::Text(text) => text.as_ptr(),
        other => panic!("{other:?}"),
    });
    assert_eq!(texts.collect::<std::collections::HashSet<_>>().len(), 1);
}

/// Work that grew with the square of the count would take minutes here.
#[test]
fn what_repeats_is_looked_up_and_not_searched() {
    let row = format!("<row>{}</row>", "<c><f t='shared' si='0'>1</f></c>".repeat(16_384)).repeat(20);
    let book = xlsx::read(&Book::new().rows("S", &row).bytes(), &Limits::default()).unwrap();
    assert!(book.sheets[0].cells.values().all(|cell| cell.formula.is_some()));
    let mut book = Book::new().rows("S", "");
    book.tail = "<externalReference r:id='e99999'/>".repeat(100_000);
    let mut parts = book.all_parts();
    let list: String =
        (0..100_000).map(|id| relationship(&format!("e{id}"), "externalLink", "e.xml", false)).collect();
    for (name, content) in &mut parts {
        if name == "xl/_rels/book.xml.rels" {
            *content = links(&(relationship("rId1", "worksheet", "pages/p1.xml", false) + &list));
        }
    }
    let read = xlsx::read(&builder::zip(&parts), &Limits::default()).unwrap();
    assert_eq!(read.external_books.len(), 100_000);
}

/// The same, of what an interface looks up.
#[test]
fn formats_and_merged_areas_are_looked_up_and_not_searched() {
    let styles = "<styleSheet><cellXfs><xf numFmtId='0'/><xf numFmtId='14'/></cellXfs></styleSheet>";
    let cols = "<col min='16384' max='16384' style='1'/>".repeat(199_999);
    let headings: String = (0..16_384).map(|col| format!("<c><v>{col}</v></c>")).collect();
    let rows = format!("<sheetData><row>{headings}</row></sheetData>");
    let mut book = Book::new().sheet("S", &format!("<cols>{cols}</cols>{rows}"));
    for output in 0..10 {
        book = book.name(&format!("Xoutput_{output}"), "S!$A$1:$XFD$2");
    }
    let book = book.linked("styles", "s.xml", styles);
    let interface = check(&book.bytes(), &Limits::default()).unwrap().interface;
    let formats = &interface.outputs[9].formats;
    assert_eq!((formats[0], formats[16_383]), (Format::General, Format::Date));
    let merged: String = (1..200_000).map(|row| format!("<mergeCell ref='D{row}:E{row}'/>")).collect();
    let rows = "<row><c><v>1</v></c></row>";
    let sheet = format!("<sheetData>{rows}</sheetData><mergeCells>{merged}</mergeCells>");
    let names = (0..150_000).map(|output| (format!("Xoutput_{output}"), "S!$A$1:$A$2"));
    let book = names.fold(Book::new().sheet("S", &sheet), |book, (name, text)| book.name(&name, text));
    let interface = check(&book.bytes(), &Limits::default()).unwrap().interface;
    assert_eq!(interface.outputs.len(), 150_000);
}

#[test]
fn areas_of_formulas_are_limited() {
    let area = |row: usize| format!("<row><c><f t='shared' si='0' ref='A1:B{row}'>1</f></c></row>");
    let rows: String = (2..1_100).map(area).collect();
    assert_refused(&Book::new().rows("S", &rows).bytes(), ErrorKind::TooLarge, "too many areas");
    for formula in ["t='array'", "t='dataTable' r1='B1'"] {
        let cell = format!("<row><c r='A1'><f {formula} ref='A1:XFD1048576'>1</f></c></row>");
        assert_refused(&Book::new().rows("S", &cell).bytes(), ErrorKind::TooLarge, "too many cells");
    }
}
