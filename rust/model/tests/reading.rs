//! What an xlsx file says, part by part. The oracle of expected values is ECMA-376 part 1 (the format's description),
//! and for dynamic arrays and newer errors the files that Excel 365 writes.
#![allow(clippy::unwrap_used, clippy::panic)]

mod builder;

use builder::{Book, OFFICE, links, relationship};
use execd_calc::values::value::ErrorCode;
use execd_model::limits::Limits;
use execd_model::workbook::{
    Area, Cell, CellFormula, CellValue, Sheet, Shows, ValidationKind, ValidationOperator, Workbook, a1,
};
use execd_model::xlsx;

fn read(book: &Book) -> Workbook {
    xlsx::read(&book.bytes(), &Limits::default()).unwrap()
}

fn one_sheet(rows: &str) -> Workbook {
    read(&Book::new().rows("S", rows))
}

fn cell<'w>(sheet: &'w Sheet, place: &str) -> &'w Cell {
    let found = sheet.cells.iter().find(|((row, col), _)| a1(*row, *col) == place);
    found.map(|(_, cell)| cell).unwrap_or_else(|| panic!("no cell {place}"))
}

fn value(workbook: &Workbook, place: &str) -> CellValue {
    cell(&workbook.sheets[0], place).value.clone()
}

fn text(text: &str) -> CellValue {
    CellValue::Text(text.into())
}

fn area(first_row: u32, first_col: u32, last_row: u32, last_col: u32) -> Area {
    Area { first_row, first_col, last_row, last_col }
}

#[test]
fn values_of_every_type() {
    let book = one_sheet(
        "<row r='2'><c r='B2'><v>-1.5e3</v></c><c r='C2' t='b'><v>1</v></c><c r='D2' t='e'><v>#N/A</v></c>\
         <c r='E2' t='str'><v> a &amp; b_x000D_</v></c><c r='F2' t='inlineStr'><is><t>in</t></is></c>\
         <c r='G2' t='d'><v>2024-02-29T12:00:00Z</v></c><c r='H2'/><c r='I2' t='e'><v>#SPILL!</v></c>\
         <c r='J2' t='e'><v>#NOVEL!</v></c></row>",
    );
    assert_eq!(value(&book, "B2"), CellValue::Number(-1500.0));
    assert_eq!(value(&book, "C2"), CellValue::Bool(true));
    assert_eq!(value(&book, "D2"), CellValue::Error(ErrorCode::NA));
    assert_eq!(value(&book, "E2"), text(" a & b\r"));
    assert_eq!(value(&book, "F2"), text("in"));
    assert_eq!(value(&book, "G2"), CellValue::Number(45351.5));
    assert_eq!(cell(&book.sheets[0], "G2").shows, Shows::DateTime);
    assert_eq!(value(&book, "I2"), CellValue::Error(ErrorCode::Spill));
    assert_eq!(value(&book, "J2"), CellValue::Error(ErrorCode::Unknown));
    assert_eq!(book.sheets[0].cells.len(), 8, "H2 holds nothing");
    assert_eq!(book.sheets[0].extent, (2, 10));
}

#[test]
fn rows_and_cells_without_addresses_follow_each_other() {
    let book = one_sheet(
        "<row><c><v>1</v></c><c r='D1'><v>2</v></c><c><v>3</v></c></row><row><c><v>4</v></c></row>",
    );
    for (place, expected) in [("A1", 1.0), ("D1", 2.0), ("E1", 3.0), ("A2", 4.0)] {
        assert_eq!(value(&book, place), CellValue::Number(expected), "{place}");
    }
}

#[test]
fn shared_strings_join_their_runs() {
    let strings = "<sst><si><t xml:space='preserve'> plain </t></si>\
        <si><r><t>rich </t></r><r><rPr><b/></rPr><t xml:space='preserve'> text</t></r>\
        <rPh sb='0' eb='1'><t>guide</t></rPh></si><si><t><![CDATA[<&>]]>&#65;</t></si><si/></sst>";
    let rows =
        "<row><c t='s'><v>0</v></c><c t='s'><v>1</v></c><c t='s'><v>2</v></c><c t='s'><v>3</v></c></row>";
    let book = read(&Book::new().rows("S", rows).linked("sharedStrings", "texts.xml", strings));
    assert_eq!(value(&book, "A1"), text(" plain "));
    assert_eq!(value(&book, "B1"), text("rich text"));
    assert_eq!(value(&book, "C1"), text("<&>A"));
    assert_eq!(value(&book, "D1"), text(""));
}

#[test]
fn shared_formulas_find_their_anchor_even_when_it_comes_later() {
    let book = one_sheet(
        "<row r='1'><c r='A1'><f t='shared' si='0'/><v>1</v></c></row>\
         <row r='2'><c r='A2'><f t='shared' si='0' ref='A1:A3'>B2+$C$1</f><v>2</v></c></row>\
         <row r='3'><c r='A3'><f t='shared' si='0'/><v>3</v></c><c r='B3'><f>=SUM(A1:A2)</f></c></row>\
         <row r='9'><c r='A9'><f t='shared' si='0' ref='A9:A10'>D9*2</f></c></row>\
         <row r='10'><c r='A10'><f t='shared' si='0'/></c></row>",
    );
    for (place, anchor, formula) in [
        ("A1", (1, 0), "B2+$C$1"),
        ("A2", (1, 0), "B2+$C$1"),
        ("A3", (1, 0), "B2+$C$1"),
        ("A10", (8, 0), "D9*2"),
    ] {
        match &cell(&book.sheets[0], place).formula {
            Some(CellFormula::Shared { anchor: found, text }) => {
                assert_eq!((*found, &**text), (anchor, formula), "{place}");
            }
            other => panic!("{place}: {other:?}"),
        }
    }
    match &cell(&book.sheets[0], "B3").formula {
        Some(CellFormula::Normal(text)) => assert_eq!(&**text, "SUM(A1:A2)"),
        other => panic!("{other:?}"),
    }
}

const METADATA: &str = "<metadata><metadataTypes count='2'><metadataType name='XLDAPR'/>\
    <metadataType name='XLRICHVALUE'/></metadataTypes>\
    <futureMetadata name='XLDAPR'><bk><extLst><ext><x:dynamicArrayProperties xmlns:x='d' fDynamic='1'/></ext></extLst>\
    </bk><bk><extLst><ext><x:dynamicArrayProperties xmlns:x='d' fDynamic='0'/></ext></extLst></bk></futureMetadata>\
    <futureMetadata name='XLRICHVALUE'><bk><extLst><ext><y:rvb xmlns:y='r' i='1'/></ext></extLst></bk></futureMetadata>\
    <cellMetadata><bk><rc t='1' v='0'/></bk><bk><rc t='1' v='1'/></bk></cellMetadata>\
    <valueMetadata><bk><rc t='2' v='0'/></bk></valueMetadata></metadata>";

#[test]
fn array_formulas_keep_their_area_and_tell_spill_from_ctrl_shift_enter() {
    let rows = "<row r='1'><c r='A1' cm='1'><f t='array' ref='A1:B2'>C1:D2</f><v>1</v></c><c r='B1'><v>2</v></c>\
        <c r='E1' cm='2'><f t='array' ref='E1:E2'>C1:C2</f></c><c r='F1'><f t='array' ref='F1'>SUM(C1:C2)</f></c></row>";
    let book = read(&Book::new().rows("S", rows).linked("sheetMetadata", "meta.xml", METADATA));
    let sheet = &book.sheets[0];
    match (&cell(sheet, "A1").formula, &cell(sheet, "E1").formula, &cell(sheet, "F1").formula) {
        (
            Some(CellFormula::Dynamic { area: spilled, .. }),
            Some(CellFormula::Array { area: two, .. }),
            Some(CellFormula::Array { area: one, text }),
        ) => {
            assert_eq!(*spilled, area(0, 0, 1, 1));
            assert_eq!(*two, area(0, 4, 1, 4));
            assert_eq!(*one, area(0, 5, 0, 5));
            assert_eq!(&**text, "SUM(C1:C2)");
        }
        other => panic!("{other:?}"),
    }
    assert!(cell(sheet, "B1").formula.is_none());
}

#[test]
fn newer_errors_hide_in_rich_values() {
    let book = Book::new()
        .rows("S", "<row><c t='e' vm='1'><v>#VALUE!</v></c><c t='e'><v>#VALUE!</v></c></row>")
        .linked("sheetMetadata", "meta.xml", METADATA)
        .linked(
            "rdRichValueStructure",
            "richData/structure.xml",
            "<rvStructures><s t='_other'><k n='errorType'/></s>\
             <s t='_error'><k n='subType'/><k n='errorType'/></s></rvStructures>",
        )
        .linked(
            "rdRichValue",
            "richData/values.xml",
            "<rvData><rv s='0'><v>8</v></rv><rv s='1'><v>0</v><v>13</v></rv></rvData>",
        );
    let book = read(&book);
    assert_eq!(value(&book, "A1"), CellValue::Error(ErrorCode::Calc));
    assert_eq!(value(&book, "B1"), CellValue::Error(ErrorCode::Value));
}

#[test]
fn data_tables_name_their_input_cells() {
    let book = one_sheet(
        "<row r='1'><c r='A1'><f t='dataTable' ref='A1:B2' dt2D='1' dtr='1' r1='F1' r2='G1'/></c></row>\
         <row r='5'><c r='A5'><f t='dataTable' ref='A5:A6' dtr='0' r1='F1'/></c></row>\
         <row r='8'><c r='A8'><f t='dataTable' ref='A8:C8' dtr='1' r1='F1' del1='1'/></c></row>",
    );
    let table = |place: &str| match &cell(&book.sheets[0], place).formula {
        Some(CellFormula::DataTable { row_input, col_input, two_dimensional, .. }) => {
            (*row_input, *col_input, *two_dimensional)
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(table("A1"), (Some((0, 5)), Some((0, 6)), true));
    assert_eq!(table("A5"), (None, Some((0, 5)), false));
    assert_eq!(table("A8"), (None, None, false), "the input cell was deleted");
}

#[test]
fn names_settings_and_external_books() {
    let mut book = Book::new()
        .rows("One", "")
        .rows("Two", "")
        .name_with("Rate", "=One!$A$1", "comment='per year' hidden='1'")
        .name_with("Rate", "Two!$A$1&lt;5", "localSheetId='1'")
        .linked("externalLink", "links/other.xml", "<externalLink/>")
        .part("xl/links/_rels/other.xml.rels", "");
    book.parts.last_mut().unwrap().1 =
        links(&relationship("r9", "externalLinkPath", "file:///C:/other.xlsx", true));
    book.head = "<workbookPr date1904='true'/>".to_owned();
    book.tail = "<calcPr iterate='1' fullPrecision='0' fullCalcOnLoad='1'/>\
        <externalReferences><externalReference r:id='rIdX0'/></externalReferences>"
        .to_owned();
    let book = read(&book);
    let settings = &book.settings;
    assert!(
        settings.date1904
            && settings.iterate
            && settings.precision_as_displayed
            && settings.full_calc_on_load
    );
    let [first, second] = book.names.as_slice() else { panic!("{:?}", book.names) };
    assert_eq!((first.text.as_str(), first.sheet, first.hidden), ("One!$A$1", None, true));
    assert_eq!(first.comment.as_deref(), Some("per year"));
    assert_eq!((second.sheet, second.hidden), (Some(1), false));
    assert_eq!(book.external_books, ["file:///C:/other.xlsx"]);
    assert!(book.warnings.iter().any(|warning| warning.contains("other.xlsx")), "{:?}", book.warnings);
}

#[test]
fn tables_and_filters() {
    let sheet =
        "<sheetData><row r='4' hidden='1'><c r='A4'><v>1</v></c></row><row r='9' hidden='1'/></sheetData>";
    let table = "<table id='1' name='Table1' displayName='Sales' ref='A1:B6' totalsRowCount='1'>\
        <autoFilter ref='A1:B5'><filterColumn colId='0'/></autoFilter><tableColumns count='2'>\
        <tableColumn id='1' name='Region'/><tableColumn id='2' name='Net_x000a_worth'/></tableColumns></table>";
    let mut book =
        Book::new().sheet("S", sheet).part("xl/tables/t.xml", table).part("xl/pages/_rels/p1.xml.rels", "");
    book.parts.last_mut().unwrap().1 = links(&relationship("r1", "table", "../tables/t.xml", false));
    let book = read(&book);
    let [table] = book.tables.as_slice() else { panic!("{:?}", book.tables) };
    assert_eq!((table.name.as_str(), table.sheet, table.area), ("Sales", 0, Some(area(0, 0, 5, 1))));
    assert_eq!((table.header_rows, table.totals_rows), (1, 1));
    assert_eq!(table.columns, ["Region", "Net\nworth"]);
    assert_eq!(book.sheets[0].hidden_rows, [3, 8]);
    assert_eq!(book.sheets[0].filtered_rows, [3], "row 9 lies outside the filter");
}

#[test]
fn validations_of_both_kinds() {
    let sheet = "<sheetData/><mergeCells><mergeCell ref='A1:B1'/></mergeCells><dataValidations>\
        <dataValidation type='whole' operator='lessThan' allowBlank='1' error='Too much' sqref='A1 C1:C5'>\
        <formula1>10</formula1></dataValidation><dataValidation sqref='A2'/>\
        <dataValidation type='list' sqref='D1'><mc:AlternateContent xmlns:mc='mc'><mc:Choice Requires='x12ac'>\
        <l:list xmlns:l='l'>\"a,b\"</l:list></mc:Choice><mc:Fallback><formula1>\"a,b\"</formula1></mc:Fallback>\
        </mc:AlternateContent></dataValidation></dataValidations><extLst><ext><x14:dataValidations xmlns:x14='x'>\
        <x14:dataValidation type='list'><x14:formula1><xm:f xmlns:xm='m'>Other!$A$1:$A$3</xm:f></x14:formula1>\
        <xm:sqref xmlns:xm='m'>B1</xm:sqref></x14:dataValidation></x14:dataValidations></ext></extLst>";
    let book = read(&Book::new().sheet("S", sheet));
    let [whole, quoted, other] = book.sheets[0].validations.as_slice() else { panic!() };
    assert_eq!((whole.kind, whole.operator), (ValidationKind::Whole, ValidationOperator::LessThan));
    assert_eq!(whole.areas, [area(0, 0, 0, 0), area(0, 2, 4, 2)]);
    assert_eq!((whole.formula1.as_deref(), whole.formula2.as_deref()), (Some("10"), None));
    assert_eq!((whole.allow_blank, whole.error_message.as_deref()), (true, Some("Too much")));
    assert_eq!(quoted.formula1.as_deref(), Some("\"a,b\""));
    assert_eq!((other.kind, other.formula1.as_deref()), (ValidationKind::List, Some("Other!$A$1:$A$3")));
    assert_eq!(other.areas, [area(0, 1, 0, 1)]);
    assert_eq!(book.sheets[0].merged.values().collect::<Vec<_>>(), [&area(0, 0, 0, 1)]);
}

#[test]
fn number_formats_also_of_blank_cells() {
    let styles = "<styleSheet><numFmts><numFmt numFmtId='164' formatCode='yyyy\\-mm'/></numFmts>\
        <cellStyleXfs><xf numFmtId='9'/></cellStyleXfs>\
        <cellXfs><xf numFmtId='0'/><xf numFmtId='164'/><xf numFmtId='10'/><xf numFmtId='49'/></cellXfs></styleSheet>";
    let sheet = "<cols><col min='5' max='6' style='3'/><col min='6' max='7' style='1'/></cols><sheetData>\
        <row r='1'><c r='A1' s='1'><v>1</v></c><c r='B1' s='2'/><c r='E1' s='0'/></row>\
        <row r='2' s='1' customFormat='1'/></sheetData>";
    let book = read(&Book::new().sheet("S", sheet).linked("styles", "s.xml", styles));
    let sheet = &book.sheets[0];
    let cases = [
        ((0, 0), Shows::Date),
        ((0, 1), Shows::Percent),
        ((0, 2), Shows::Number),
        ((0, 4), Shows::Number),
        ((0, 5), Shows::Text),
        ((0, 6), Shows::Date),
        ((0, 7), Shows::Number),
        ((1, 2), Shows::Date),
    ];
    for ((row, col), expected) in cases {
        assert_eq!(sheet.shows(row, col), expected, "{}", a1(row, col));
    }
    assert_eq!(sheet.cells.len(), 1);
}

#[test]
fn strict_namespaces_prefixes_and_macros() {
    let mut book =
        Book::new().rows("S", "<row><c><v>7</v></c></row>").linked("vbaProject", "vbaProject.bin", "");
    book.head = "<workbookPr/>".to_owned();
    let strict = "http://purl.oclc.org/ooxml/officeDocument/relationships";
    let parts: Vec<(String, Vec<u8>)> = book
        .all_parts()
        .into_iter()
        .map(|(name, content)| {
            (name, String::from_utf8(content).unwrap().replace(OFFICE, strict).into_bytes())
        })
        .map(|(name, content)| match name.as_str() {
            "xl/pages/p1.xml" => (name, prefixed(&content)),
            _ => (name, content),
        })
        .collect();
    let book = xlsx::read(&builder::zip(&parts), &Limits::default()).unwrap();
    assert_eq!(value(&book, "A1"), CellValue::Number(7.0));
    assert!(book.warnings[0].contains("macros"), "{:?}", book.warnings);
}

/// The same XML with a prefix on every element.
fn prefixed(xml: &[u8]) -> Vec<u8> {
    let xml = std::str::from_utf8(xml).unwrap();
    xml.replace("</", "\u{1}").replace('<', "<x:").replace('\u{1}', "</x:").into_bytes()
}

#[test]
fn chart_sheets_and_old_macro_sheets_keep_their_place() {
    let mut book = Book::new().rows("First", "").linked("chartsheet", "chart.xml", "<chartsheet/>");
    book = book.rows("Last", "<row><c><v>1</v></c></row>");
    let xml = book.workbook_xml().replace(
        "<sheet name=\"Last\"",
        "<sheet name=\"Chart\" sheetId=\"8\" r:id=\"rIdX0\"/><sheet name=\"Module\" sheetId=\"9\" r:id=\"\"/>\
         <sheet name=\"Last\"",
    );
    let mut parts = book.all_parts();
    parts.iter_mut().find(|(name, _)| name == "xl/book.xml").unwrap().1 = xml.into_bytes();
    let book = xlsx::read(&builder::zip(&parts), &Limits::default()).unwrap();
    let names: Vec<&str> = book.sheets.iter().map(|sheet| sheet.name.as_str()).collect();
    assert_eq!(names, ["First", "Chart", "Module", "Last"]);
    assert_eq!(book.sheets[3].cells.len(), 1);
    assert!(book.warnings[0].contains("Module"), "{:?}", book.warnings);
}
