//! Random workbooks, written down as `packed` reads them. One sheet has it all: inputs in column A, a table of inputs in
//! C1:E…, constants in G1:J…, formulas in column L, a shared formula in column N, an array formula in P:Q.

mod constants;
mod formulas;
mod layout;

use crate::choices::Choices;
use execd_calc::interface::Constant;
use formulas::Formulas;
use layout::Layout;
use std::fmt::Write;

pub use constants::constant;

/// The columns of the table of inputs.
const HEADINGS: [&str; 3] = ["k", "amount", "on"];

pub fn workbook(choices: &mut Choices<'_>) -> String {
    let mut layout = Layout {
        scalars: choices.between(1, 5),
        table_rows: if choices.once_in(3) { choices.between(1, 6) } else { 0 },
        data: if choices.once_in(20) { choices.between(20, 2_000) } else { choices.between(1, 20) },
        formulas: choices.between(1, 6),
        shared: if choices.once_in(4) { choices.between(2, 60) } else { 0 },
        array: if choices.once_in(4) { choices.between(1, 5) } else { 0 },
        names: Vec::new(),
        lambdas: Vec::new(),
        is_table: choices.once_in(3),
        columns: choices.pick(&constants::COLUMNS),
    };
    let mut names = String::new();
    for number in 0..choices.below(4) {
        let text = Formulas::new(choices, &layout).named();
        // What stands before may be referred to, and seldom the name itself, which is a circle.
        let own = format!("n_{number}_");
        push_name(&mut names, &own, &text);
        layout.names.push(own);
    }
    for number in 0..choices.below(3) {
        let (text, arity) = Formulas::new(choices, &layout).lambda_with_a_name();
        let own = format!("F_{number}_");
        push_name(&mut names, &own, &text);
        layout.lambdas.push((own, arity));
    }
    names += &interface(&layout);
    let rows = rows(choices, &layout);
    let validations = validations(choices, &layout);
    let table = layout.is_table.then(|| table_part(&layout));
    parts(&names, &rows, &validations, table.as_deref())
}

fn push_name(names: &mut String, name: &str, text: &str) {
    // Writing to a text does not fail.
    let _ = writeln!(names, "<definedName name=\"{name}\">{}</definedName>", escaped(text));
}

/// The X-names of inputs and outputs.
fn interface(layout: &Layout) -> String {
    let mut names = String::new();
    for row in 1..=layout.scalars {
        push_name(&mut names, &format!("Xinput_i{row}"), &format!("S!$A${row}"));
    }
    if layout.table_rows > 0 {
        push_name(&mut names, "Xinput_t", &format!("S!$C$1:$E${}", layout.table_rows + 1));
    }
    for row in 1..=layout.formulas {
        push_name(&mut names, &format!("Xoutput_o{row}"), &format!("S!$L${row}"));
    }
    if layout.shared > 0 {
        push_name(&mut names, "Xoutput_shared", &format!("S!$N${}", layout.shared));
    }
    if layout.array > 0 {
        push_name(&mut names, "Xoutput_array", &format!("S!$Q${}", layout.array));
    }
    names
}

fn rows(choices: &mut Choices<'_>, layout: &Layout) -> String {
    let highest = [layout.data + 1, layout.formulas, layout.shared, layout.array, layout.table_rows + 1, 6];
    let mut rows = String::new();
    let mut shared = Formulas::new(choices, layout).value(2);
    let array = Formulas::new(choices, layout).array(2);
    for row in 1..=highest.into_iter().max().unwrap_or(1) {
        rows += &format!("<row r=\"{row}\">");
        if row <= layout.scalars {
            rows += &cell('A', row, &constant(choices));
        }
        if layout.table_rows > 0 && row <= layout.table_rows + 1 {
            for (col, heading) in ('C'..='E').zip(HEADINGS) {
                let value = if row == 1 { Constant::Text(heading.to_owned()) } else { constant(choices) };
                rows += &cell(col, row, &value);
            }
        }
        // The first row of constants has the headings of a table.
        for (col, heading) in ('G'..='J').zip(["one", "two", "three", "four"]) {
            if row == 1 {
                rows += &cell(col, row, &Constant::Text(heading.to_owned()));
            } else if row <= layout.data + 1 {
                rows += &cell(col, row, &constants::in_a_column(choices, col, row, layout.columns));
            }
        }
        if row <= layout.formulas {
            let depth = choices.between(1, 3);
            let formula = Formulas::new(choices, layout).at(row).cell(depth);
            let array = choices.once_in(6).then(|| format!("L{row}"));
            rows += &formula_cell('L', row, &formula, array.as_deref());
        }
        if row <= layout.shared {
            let of_first = format!("t=\"shared\" si=\"0\" ref=\"N1:N{}\"", layout.shared);
            let attributes = if row == 1 { of_first.as_str() } else { "t=\"shared\" si=\"0\"" };
            let text = escaped(&std::mem::take(&mut shared));
            rows += &format!("<c r=\"N{row}\"><f {attributes}>{text}</f></c>");
        }
        if row == 1 && layout.array > 0 {
            rows += &formula_cell('P', 1, &array, Some(&format!("P1:Q{}", layout.array)));
        }
        rows += "</row>\n";
    }
    rows
}

fn formula_cell(col: char, row: usize, formula: &str, array: Option<&str>) -> String {
    let attributes = array.map(|area| format!(" t=\"array\" ref=\"{area}\"")).unwrap_or_default();
    format!("<c r=\"{col}{row}\"><f{attributes}>{}</f></c>", escaped(formula))
}

fn cell(col: char, row: usize, value: &Constant) -> String {
    let at = format!("r=\"{col}{row}\"");
    match value {
        Constant::Blank => String::new(),
        Constant::Number(x) => format!("<c {at}><v>{x:e}</v></c>"),
        Constant::Text(text) => {
            format!("<c {at} t=\"str\"><v xml:space=\"preserve\">{}</v></c>", escaped(text))
        }
        Constant::Bool(b) => format!("<c {at} t=\"b\"><v>{}</v></c>", u8::from(*b)),
        Constant::Error(code) => format!("<c {at} t=\"e\"><v>{}</v></c>", code.text()),
    }
}

fn validations(choices: &mut Choices<'_>, layout: &Layout) -> String {
    let mut all = String::new();
    for _ in 0..if choices.once_in(4) { choices.between(1, 3) } else { 0 } {
        let kind = choices.pick(&["whole", "decimal", "list", "date", "time", "textLength", "custom"]);
        let operator =
            choices.pick(&["between", "notBetween", "equal", "greaterThan", "lessThan", "lessThanOrEqual"]);
        let area = match choices.below(4) {
            0 if layout.table_rows > 0 => format!("C2:E{}", layout.table_rows + 1),
            1 => "A1:A1048576".to_owned(),
            _ => format!("A{}", choices.between(1, layout.scalars)),
        };
        let [first, second] = [0, 1].map(|_| escaped(&Formulas::new(choices, layout).value(1)));
        let blank = choices.below(2);
        all += &format!(
            "<dataValidation type=\"{kind}\" operator=\"{operator}\" allowBlank=\"{blank}\" sqref=\"{area}\">\
             <formula1>{first}</formula1><formula2>{second}</formula2></dataValidation>\n"
        );
    }
    if all.is_empty() { all } else { format!("<dataValidations>{all}</dataValidations>") }
}

fn table_part(layout: &Layout) -> String {
    let area = format!("G1:J{}", layout.data + 1);
    format!(
        "<table xmlns=\"{MAIN}\" id=\"1\" name=\"Data\" displayName=\"Data\" ref=\"{area}\"><tableColumns count=\"4\">\
         <tableColumn id=\"1\" name=\"one\"/><tableColumn id=\"2\" name=\"two\"/>\
         <tableColumn id=\"3\" name=\"three\"/><tableColumn id=\"4\" name=\"four\"/></tableColumns></table>"
    )
}

const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006/relationships";

fn parts(names: &str, rows: &str, validations: &str, table: Option<&str>) -> String {
    let link = |id: &str, kind: &str, target: &str| {
        format!(
            "<Relationships xmlns=\"{PACKAGE}\"><Relationship Id=\"{id}\" Type=\"{OFFICE}/{kind}\" Target=\"{target}\"/></Relationships>\n"
        )
    };
    let mut text = format!("== _rels/.rels\n{}", link("rId1", "officeDocument", "xl/workbook.xml"));
    text += &format!(
        "== xl/workbook.xml\n<workbook xmlns=\"{MAIN}\" xmlns:r=\"{OFFICE}\"><sheets><sheet name=\"S\" sheetId=\"1\" \
         r:id=\"rId1\"/></sheets><definedNames>\n{names}</definedNames></workbook>\n"
    );
    let sheet = link("rId1", "worksheet", "worksheets/sheet1.xml");
    text += &format!("== xl/_rels/workbook.xml.rels\n{sheet}");
    let table_parts =
        table.map(|_| "<tableParts count=\"1\"><tablePart r:id=\"rId1\"/></tableParts>").unwrap_or_default();
    text += &format!(
        "== xl/worksheets/sheet1.xml\n<worksheet xmlns=\"{MAIN}\" xmlns:r=\"{OFFICE}\"><sheetData>\n{rows}</sheetData>\
         {validations}{table_parts}</worksheet>\n"
    );
    if let Some(table) = table {
        let link = link("rId1", "table", "../tables/table1.xml");
        text += &format!("== xl/worksheets/_rels/sheet1.xml.rels\n{link}== xl/tables/table1.xml\n{table}\n");
    }
    text
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
