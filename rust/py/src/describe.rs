//! Interface and report as plain Python values. What they mean is in `execd_calc::interface` and
//! `execd_model::report`.

use execd_calc::interface::{
    Bound as Between, Constant, Format, Input, Interface, Limit, Output, Rule, Shape, Validation,
};
use execd_calc::words;
use execd_model::report::{Remark, Report, Unsupported};
use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

type Dict<'py> = Bound<'py, PyDict>;

/// `date1904` is the workbook's way to count days, for what is said in words.
pub fn inputs<'py>(py: Python<'py>, interface: &Interface, date1904: bool) -> PyResult<Vec<Dict<'py>>> {
    let in_words = |rule: &Rule| rule.describe(&interface.formulas, date1904);
    interface.inputs.iter().map(|one| input(py, one, date1904, &in_words)).collect()
}

pub fn outputs<'py>(py: Python<'py>, interface: &Interface) -> PyResult<Vec<Dict<'py>>> {
    interface.outputs.iter().map(|one| output(py, one)).collect()
}

fn input<'py>(
    py: Python<'py>,
    input: &Input,
    date1904: bool,
    in_words: &dyn Fn(&Rule) -> String,
) -> PyResult<Dict<'py>> {
    let row = PyDict::new(py);
    row.set_item("name", &input.name)?;
    shape(&row, &input.shape)?;
    row.set_item("format", format(input.format))?;
    row.set_item("default", default(py, &input.shape, &input.defaults, &mut |one| constant(py, one))?)?;
    let mut formats = input.formats.iter().copied().cycle();
    let mut text = |one: &Constant| {
        words::value(one, formats.next().unwrap_or_default(), date1904).into_bound_py_any(py)
    };
    row.set_item("default_text", default(py, &input.shape, &input.defaults, &mut text)?)?;
    let rules = input.validations.iter().map(|one| validation(py, input, one, in_words));
    let rules = rules.collect::<PyResult<Vec<_>>>()?;
    match input.shape {
        Shape::Table { .. } if !rules.is_empty() => row.set_item("validation", rules)?,
        _ => row.set_item("validation", rules.first())?,
    }
    row.set_item("description", input.description.as_deref())?;
    row.set_item("address", &input.address)?;
    Ok(row)
}

fn output<'py>(py: Python<'py>, output: &Output) -> PyResult<Dict<'py>> {
    let row = PyDict::new(py);
    row.set_item("name", &output.name)?;
    shape(&row, &output.shape)?;
    row.set_item("formats", output.formats.iter().map(|one| format(*one)).collect::<Vec<_>>())?;
    row.set_item("description", output.description.as_deref())?;
    row.set_item("address", &output.address)?;
    Ok(row)
}

fn shape(row: &Dict<'_>, shape: &Shape) -> PyResult<()> {
    match shape {
        Shape::Scalar => row.set_item("shape", "scalar"),
        Shape::Table { headings, rows } => {
            row.set_item("shape", "table")?;
            row.set_item("headings", headings.iter().map(|one| one.text.as_str()).collect::<Vec<_>>())?;
            row.set_item("rows", rows)
        }
    }
}

/// A value for a scalar, a list of rows for a table.
fn default<'py>(
    py: Python<'py>,
    shape: &Shape,
    defaults: &[Constant],
    shown: &mut dyn FnMut(&Constant) -> PyResult<Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    match shape {
        Shape::Scalar => shown(defaults.first().unwrap_or(&Constant::Blank)),
        Shape::Table { headings, .. } => {
            let rows = PyList::empty(py);
            for cells in defaults.chunks(headings.len().max(1)) {
                rows.append(cells.iter().map(&mut *shown).collect::<PyResult<Vec<_>>>()?)?;
            }
            Ok(rows.into_any())
        }
    }
}

pub fn constant<'py>(py: Python<'py>, value: &Constant) -> PyResult<Bound<'py, PyAny>> {
    Ok(match value {
        Constant::Blank => py.None().into_bound(py),
        Constant::Number(x) => x.into_pyobject(py)?.into_any(),
        Constant::Text(text) => text.into_pyobject(py)?.into_any(),
        Constant::Bool(flag) => flag.into_pyobject(py)?.to_owned().into_any(),
        Constant::Error(code) => code.text().into_pyobject(py)?.into_any(),
    })
}

fn format(format: Format) -> &'static str {
    match format {
        Format::General => "general",
        Format::Date => "date",
        Format::Time => "time",
        Format::DateTime => "datetime",
        Format::Text => "text",
    }
}

fn validation<'py>(
    py: Python<'py>,
    input: &Input,
    validation: &Validation,
    in_words: &dyn Fn(&Rule) -> String,
) -> PyResult<Dict<'py>> {
    let row = PyDict::new(py);
    let (kind, bound) = match &validation.rule {
        Rule::Whole(bound) => ("whole", Some(bound)),
        Rule::Decimal(bound) => ("decimal", Some(bound)),
        Rule::Date(bound) => ("date", Some(bound)),
        Rule::Time(bound) => ("time", Some(bound)),
        Rule::TextLength(bound) => ("text_length", Some(bound)),
        Rule::List(_) | Rule::ListFrom(_) => ("list", None),
        Rule::Holds(_) => ("custom", None),
    };
    row.set_item("rule", kind)?;
    row.set_item("text", in_words(&validation.rule))?;
    if let Some(bound) = bound {
        let (operator, limits) = limits(*bound);
        row.set_item("operator", operator)?;
        row.set_item("limits", limits)?;
    }
    match &validation.rule {
        Rule::List(options) => {
            let options = options.iter().map(|one| constant(py, one));
            row.set_item("options", options.collect::<PyResult<Vec<_>>>()?)?;
        }
        Rule::ListFrom(_) => row.set_item("options", py.None())?,
        _ => {}
    }
    if let Shape::Table { headings, .. } = &input.shape {
        let cells: Vec<(usize, &str)> = validation
            .cells
            .iter()
            .filter_map(|cell| {
                let position = cell.checked_sub(input.first_cell)?;
                let heading = headings.get(position.checked_rem(headings.len())?)?;
                Some((position / headings.len() + 1, heading.text.as_str()))
            })
            .collect();
        row.set_item("cells", cells)?;
    }
    row.set_item("message", validation.message.as_deref())?;
    row.set_item("ignore_blank", validation.ignore_blank)?;
    Ok(row)
}

/// The operator and its limits; None for one that each record has its own.
fn limits(bound: Between<Limit>) -> (&'static str, Vec<Option<f64>>) {
    let (operator, limits) = match bound {
        Between::Between(low, high) => ("between", vec![low, high]),
        Between::NotBetween(low, high) => ("not_between", vec![low, high]),
        Between::Equal(x) => ("equal", vec![x]),
        Between::NotEqual(x) => ("not_equal", vec![x]),
        Between::Greater(x) => ("greater", vec![x]),
        Between::Less(x) => ("less", vec![x]),
        Between::AtLeast(x) => ("at_least", vec![x]),
        Between::AtMost(x) => ("at_most", vec![x]),
    };
    let shown = limits.into_iter().map(|limit| match limit {
        Limit::Constant(x) => Some(x),
        Limit::Result(_) => None,
    });
    (operator, shown.collect())
}

pub fn report<'py>(py: Python<'py>, report: &Report) -> PyResult<Dict<'py>> {
    let row = PyDict::new(py);
    row.set_item("sheets", report.sheets)?;
    row.set_item("formula_cells", report.formula_cells)?;
    row.set_item("live_cells", report.live_cells)?;
    row.set_item("steps", report.steps)?;
    row.set_item("slots", report.slots)?;
    row.set_item("constants", report.constants)?;
    row.set_item("mistakes", remarks(py, &report.mistakes)?)?;
    row.set_item(
        "unsupported",
        report.unsupported.iter().map(|one| gap(py, one)).collect::<PyResult<Vec<_>>>()?,
    )?;
    row.set_item("warnings", remarks(py, &report.warnings)?)?;
    Ok(row)
}

fn remarks<'py>(py: Python<'py>, remarks: &[Remark]) -> PyResult<Vec<Dict<'py>>> {
    remarks.iter().map(|one| remark(py, one)).collect()
}

fn remark<'py>(py: Python<'py>, remark: &Remark) -> PyResult<Dict<'py>> {
    let row = PyDict::new(py);
    row.set_item("sheet", remark.sheet.as_deref())?;
    row.set_item("cell", remark.cell.as_deref())?;
    row.set_item("name", remark.name.as_deref())?;
    row.set_item("message", &remark.message)?;
    Ok(row)
}

fn gap<'py>(py: Python<'py>, gap: &Unsupported) -> PyResult<Dict<'py>> {
    let row = PyDict::new(py);
    row.set_item("sheet", &gap.sheet)?;
    row.set_item("cell", &gap.cell)?;
    row.set_item("formula", &gap.formula)?;
    row.set_item("reason", &gap.reason)?;
    Ok(row)
}
