//! Reads an xlsx file: opens the package, finds its parts and reads each into `Workbook`.

mod address;
mod cell;
mod container;
mod context;
mod iso_date;
mod metadata;
mod metered;
mod number_format;
mod package;
mod rich_errors;
pub mod rows;
mod shared_formulas;
mod shared_strings;
mod sheet;
mod styles;
mod tables;
mod text;
mod validations;
mod workbook_part;
mod xml;

use crate::error::{Error, ErrorKind};
use crate::limits::Limits;
use crate::workbook::{Area, Sheet, Shows, Workbook};
use context::Context;
use execd_calc::values::value::ErrorCode;
use hashbrown::HashMap;
use package::{Package, Relationship};
use std::sync::Arc;
use workbook_part::WorkbookPart;
use xml::Xml;

/// Reads the bytes of an xlsx file. The file is not trusted: limits hold for the bytes that are unpacked, not for the
/// sizes that the archive declares.
pub fn read(bytes: &[u8], limits: &Limits) -> Result<Workbook, Error> {
    let mut package = Package::open(bytes, limits)?;
    let main = main_part(&mut package)?;
    let links = package.relationships(&main)?;
    let part = workbook_part::read(&mut package.part(&main)?, limits)?;
    let mut workbook = read_sheets(&mut package, &part, &links, limits)?;
    workbook.external_books = external_books(&mut package, &part, &links)?;
    note_unread(&mut workbook, &links);
    workbook.names = part.names;
    workbook.settings = part.settings;
    Ok(workbook)
}

/// The part that the package declares as its document. In an xlsx file this is a workbook in XML.
fn main_part(package: &mut Package) -> Result<String, Error> {
    let links = package.relationships("")?;
    let document = links.into_iter().find(|link| link.kind == "officeDocument" && !link.external);
    let Some(document) = document else {
        return Err(no_workbook(if package.has("mimetype") && package.has("content.xml") {
            "it is an OpenDocument file (ods): save it as xlsx"
        } else {
            "it is a zip archive without a workbook"
        }));
    };
    let main = document.target;
    if main.ends_with(".bin") {
        return Err(no_workbook("it is a binary workbook (xlsb): save it as xlsx"));
    }
    if main.starts_with("word/") || main.starts_with("ppt/") {
        return Err(no_workbook("it is a Word or PowerPoint document"));
    }
    Ok(main)
}

fn no_workbook(what: &str) -> Error {
    Error::new(ErrorKind::NotAWorkbook, format!("the file is not an xlsx workbook: {what}"))
}

fn read_sheets(
    package: &mut Package,
    part: &WorkbookPart,
    links: &[Relationship],
    limits: &Limits,
) -> Result<Workbook, Error> {
    let shared = Shared::read(package, links, limits)?;
    let context = shared.context(part, limits);
    let by_id = by_id(links);
    let mut workbook = Workbook::default();
    let mut cells_left = limits.cells;
    for entry in &part.sheets {
        if entry.relationship.is_empty() {
            // Excel 5 kept macros in sheets. Newer versions list such a sheet without a part.
            workbook.warnings.push(format!("the sheet {} has no cells and was not read", entry.name));
            workbook.sheets.push(Sheet { name: entry.name.clone(), ..Sheet::default() });
            continue;
        }
        let Some(link) = by_id.get(entry.relationship.as_str()) else {
            return Err(no_workbook(&format!("the sheet {} has no part", entry.name)));
        };
        let mut sheet = Sheet { name: entry.name.clone(), part: link.target.clone(), ..Sheet::default() };
        match link.kind.as_str() {
            "worksheet" => read_sheet(package, &context, &mut sheet, &mut workbook, &mut cells_left)?,
            "chartsheet" => {}
            kind => workbook.warnings.push(format!("the sheet {} is a {kind} and was not read", entry.name)),
        }
        workbook.sheets.push(sheet);
    }
    Ok(workbook)
}

/// The parts that the cells of all sheets refer to.
struct Shared {
    strings: Vec<Arc<str>>,
    styles: Vec<Shows>,
    dynamic: Vec<bool>,
    rich_errors: Vec<Option<ErrorCode>>,
}

impl Shared {
    fn read(package: &mut Package, links: &[Relationship], limits: &Limits) -> Result<Shared, Error> {
        let strings = optional(package, links, "sharedStrings", |xml| shared_strings::read(xml, limits))?;
        let styles = optional(package, links, "styles", |xml| styles::read(xml, limits))?;
        let metadata = optional(package, links, "sheetMetadata", |xml| metadata::read(xml, limits))?;
        let structures =
            optional(package, links, "rdRichValueStructure", |xml| rich_errors::structures(xml, limits))?;
        let errors =
            optional(package, links, "rdRichValue", |xml| rich_errors::values(xml, &structures, limits))?;
        let rich_errors = rich_errors::by_metadata(&metadata, &errors);
        Ok(Shared { strings, styles, dynamic: metadata.dynamic, rich_errors })
    }

    fn context<'s>(&'s self, part: &WorkbookPart, limits: &'s Limits) -> Context<'s> {
        Context {
            strings: &self.strings,
            styles: &self.styles,
            dynamic: &self.dynamic,
            rich_errors: &self.rich_errors,
            date1904: part.settings.date1904,
            limits,
        }
    }
}

/// Reads a part that a workbook need not have.
fn optional<T: Default>(
    package: &mut Package,
    links: &[Relationship],
    kind: &str,
    read: impl FnOnce(&mut Xml) -> Result<T, Error>,
) -> Result<T, Error> {
    let link = links.iter().find(|link| link.kind == kind && !link.external && !link.target.is_empty());
    match link {
        Some(link) => read(&mut package.part(&link.target)?),
        None => Ok(T::default()),
    }
}

fn read_sheet(
    package: &mut Package,
    context: &Context,
    sheet: &mut Sheet,
    workbook: &mut Workbook,
    cells_left: &mut usize,
) -> Result<(), Error> {
    let part = sheet.part.clone();
    let filter = sheet::read(&mut package.part(&part)?, context, sheet, cells_left)?;
    let mut filters: Vec<Area> = filter.into_iter().collect();
    for link in package.relationships(&part)? {
        if link.kind == "table" && !link.external {
            let found = tables::read(&mut package.part(&link.target)?, workbook.sheets.len())?;
            workbook.tables.push(found.table);
            filters.extend(found.filter);
        }
    }
    sheet.filtered_rows = filtered(&sheet.hidden_rows, filters);
    Ok(())
}

/// The hidden rows, which are in order, that lie in a filter. The first row of a filter holds its headings and stays.
fn filtered(hidden_rows: &[u32], mut filters: Vec<Area>) -> Vec<u32> {
    filters.sort_unstable_by_key(|area| area.first_row);
    let mut filters = filters.into_iter().peekable();
    let mut last_row = None;
    let mut is_filtered = |row: &u32| {
        while let Some(area) = filters.next_if(|area| area.first_row < *row) {
            last_row = last_row.max(Some(area.last_row));
        }
        last_row >= Some(*row)
    };
    hidden_rows.iter().copied().filter(|row| is_filtered(row)).collect()
}

/// The targets of external workbooks, by their numbers.
fn external_books(
    package: &mut Package,
    part: &WorkbookPart,
    links: &[Relationship],
) -> Result<Vec<String>, Error> {
    let by_id = by_id(links);
    let mut books = Vec::new();
    for id in &part.external {
        let target = match by_id.get(id.as_str()) {
            Some(link) => package.relationships(&link.target)?.into_iter().find(|inner| inner.external),
            None => None,
        };
        books.push(target.map(|target| target.target).unwrap_or_default());
    }
    Ok(books)
}

/// The links inside the package. Of those with one name the first counts.
fn by_id(links: &[Relationship]) -> HashMap<&str, &Relationship> {
    let mut by_id: HashMap<&str, &Relationship> = HashMap::with_capacity(links.len());
    for link in links.iter().filter(|link| !link.external) {
        by_id.entry(&link.id).or_insert(link);
    }
    by_id
}

fn note_unread(workbook: &mut Workbook, links: &[Relationship]) {
    if links.iter().any(|link| link.kind == "vbaProject") {
        workbook.warnings.push("the workbook has macros (VBA), which are not run".to_owned());
    }
    for (index, book) in workbook.external_books.iter().enumerate() {
        workbook
            .warnings
            .push(format!("the workbook links to another one, which is not read: [{}] {book}", index + 1));
    }
}
