//! The zip archive: its parts by name, and their relationships. Nothing is written to disk.

use super::container;
use super::metered::Metered;
use super::xml::Xml;
use crate::error::{Error, ErrorKind};
use crate::limits::Limits;
use hashbrown::HashMap;
use memchr::memmem;
use std::io::{self, Cursor, Read, Seek, SeekFrom};
use zip::ZipArchive;
use zip::result::ZipError;

const CENTRAL_HEADER: &[u8] = b"PK\x01\x02";

/// What holds an archive, and is read from any place.
pub trait Bytes: Read + Seek {}

impl<T: Read + Seek> Bytes for T {}

pub struct Package<'b> {
    archive: ZipArchive<Box<dyn Bytes + 'b>>,
    /// Index in the archive by normalised name: lower case, because the names of parts ignore case, and no slash first.
    parts: HashMap<String, usize>,
    limits: &'b Limits,
    total_left: u64,
}

/// A link from one part to another.
#[derive(Debug, Clone)]
pub struct Relationship {
    pub id: String,
    /// The last segment of the type's URI: `worksheet`, `table` … The transitional and the strict form share it.
    pub kind: String,
    /// The name of the part; the address as written if `external`.
    pub target: String,
    pub external: bool,
}

impl<'b> Package<'b> {
    pub fn open(bytes: &'b [u8], limits: &'b Limits) -> Result<Package<'b>, Error> {
        container::refuse_others(bytes)?;
        Package::read(Box::new(Cursor::new(bytes)), limits)
    }

    /// A file, of which no more is in memory than is read at a time.
    pub fn open_file(mut file: Box<dyn Bytes + 'b>, limits: &'b Limits) -> Result<Package<'b>, Error> {
        let mut start = Vec::new();
        file.by_ref().take(TELLING).read_to_end(&mut start).map_err(|error| unreadable(&error.into()))?;
        container::refuse_others(&start)?;
        Package::read(file, limits)
    }

    fn read(mut bytes: Box<dyn Bytes + 'b>, limits: &'b Limits) -> Result<Package<'b>, Error> {
        // Counted before the archive is opened, because opening reads the whole directory into memory.
        let (length, entries) = measured(&mut bytes).map_err(|error| unreadable(&error.into()))?;
        if length > limits.file_bytes {
            return Err(too_large(&format!("it has more than {} bytes", limits.file_bytes)));
        }
        if entries > limits.entries {
            return Err(too_large(&format!("its archive has more than {} entries", limits.entries)));
        }
        let archive = ZipArchive::new(bytes).map_err(|error| unreadable(&error))?;
        let parts = index(&archive)?;
        Ok(Package { archive, parts, limits, total_left: limits.total_bytes })
    }

    pub fn has(&self, part: &str) -> bool {
        self.parts.contains_key(&normal(part))
    }

    /// Opens a part for reading.
    pub fn part(&mut self, name: &str) -> Result<Xml<'_>, Error> {
        let Some(&index) = self.parts.get(&normal(name)) else {
            return Err(not_a_workbook(&format!("the part {name} is missing")));
        };
        let entry = self.archive.by_index(index).map_err(|error| unreadable(&error))?;
        let metered = Metered::new(Box::new(entry), &mut self.total_left, self.limits);
        Ok(Xml::new(name, metered, self.limits))
    }

    /// The relationships of a part, or of the package for "". Not every part has some.
    pub fn relationships(&mut self, part: &str) -> Result<Vec<Relationship>, Error> {
        let (folder, file) = part.rsplit_once('/').unwrap_or(("", part));
        let list = format!("{folder}/_rels/{file}.rels");
        if !self.has(&list) {
            return Ok(Vec::new());
        }
        let mut xml = self.part(list.trim_start_matches('/'))?;
        let mut found = Vec::new();
        while xml.next_in(0)? {
            if xml.name() != "Relationship" {
                continue;
            }
            let kind = xml.attribute("Type")?.unwrap_or_default();
            let kind = kind.rsplit('/').next().unwrap_or_default();
            // A sheet can have thousands of these, and they do not matter.
            if kind == "hyperlink" {
                continue;
            }
            xml.check_count(&found)?;
            let external =
                xml.attribute("TargetMode")?.is_some_and(|mode| mode.eq_ignore_ascii_case("External"));
            let target = xml.attribute("Target")?.unwrap_or_default();
            found.push(Relationship {
                id: xml.attribute("Id")?.unwrap_or_default(),
                kind: kind.to_owned(),
                target: if external { target } else { resolve(folder, &target) },
                external,
            });
        }
        Ok(found)
    }
}

/// As many first bytes as tell what a file is that is no archive.
const TELLING: u64 = 1 << 20;
/// Bytes looked at together.
const PIECE: usize = 1 << 20;

/// How many bytes there are, and the entries of their directory. Starts and ends at their beginning.
fn measured(bytes: &mut (impl Read + Seek)) -> io::Result<(u64, usize)> {
    let length = bytes.seek(SeekFrom::End(0))?;
    bytes.rewind()?;
    let (mut piece, mut entries) = (Vec::with_capacity(PIECE + CENTRAL_HEADER.len()), 0);
    while bytes.by_ref().take(PIECE as u64).read_to_end(&mut piece)? > 0 {
        entries += memmem::find_iter(&piece, CENTRAL_HEADER).count();
        // A header may begin at the end of a piece.
        piece.drain(..piece.len().saturating_sub(CENTRAL_HEADER.len() - 1));
    }
    bytes.rewind()?;
    Ok((length, entries))
}

/// Refuses two entries of one name: programs would disagree about which of them counts.
fn index(archive: &ZipArchive<Box<dyn Bytes + '_>>) -> Result<HashMap<String, usize>, Error> {
    if archive.has_duplicate_names() {
        return Err(not_a_workbook("its archive has two entries of the same name"));
    }
    let mut parts = HashMap::with_capacity(archive.len());
    for index in 0..archive.len() {
        let Some(Ok(name)) = archive.name_for_index(index) else { continue };
        if name.ends_with('/') {
            continue;
        }
        if parts.insert(normal(&name), index).is_some() {
            return Err(not_a_workbook(&format!("its archive has two entries of the name {name}")));
        }
    }
    Ok(parts)
}

fn normal(name: &str) -> String {
    let name = name.replace('\\', "/");
    name.trim_start_matches('/').to_lowercase()
}

/// The part that `target` names, seen from `folder`. `..` stops at the root of the package.
fn resolve(folder: &str, target: &str) -> String {
    let target = target.split('#').next().unwrap_or_default().replace('\\', "/");
    let target = percent_decoded(&target);
    let base = if target.starts_with('/') { "" } else { folder };
    let mut segments: Vec<&str> = Vec::new();
    for segment in base.split('/').chain(target.split('/')) {
        match segment {
            "" | "." => {}
            ".." => drop(segments.pop()),
            _ => segments.push(segment),
        }
    }
    segments.join("/")
}

fn percent_decoded(text: &str) -> String {
    if !text.contains('%') {
        return text.to_owned();
    }
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let digits = bytes.get(at + 1..at + 3).and_then(|pair| std::str::from_utf8(pair).ok());
        match digits.and_then(|pair| u8::from_str_radix(pair, 16).ok()) {
            Some(decoded) if byte == b'%' => {
                out.push(decoded);
                at += 3;
            }
            _ => {
                out.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn too_large(what: &str) -> Error {
    Error::new(ErrorKind::TooLarge, format!("the file is too large: {what}"))
}

fn not_a_workbook(what: &str) -> Error {
    Error::new(ErrorKind::NotAWorkbook, format!("the file is not a readable xlsx workbook: {what}"))
}

fn unreadable(error: &ZipError) -> Error {
    match error {
        ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) | ZipError::InvalidPassword => Error::new(
            ErrorKind::Encrypted,
            "the parts of the file are encrypted: save it without a password",
        ),
        ZipError::CompressionMethodNotSupported(method) => {
            not_a_workbook(&format!("a part is packed by method {method}, which Excel does not use"))
        }
        _ => not_a_workbook(&format!("its archive is damaged or incomplete ({error})")),
    }
}

#[cfg(test)]
mod tests {
    use super::{percent_decoded, resolve};

    #[test]
    fn targets_are_found_from_the_folder_of_their_part() {
        assert_eq!(resolve("xl", "worksheets/sheet1.xml"), "xl/worksheets/sheet1.xml");
        assert_eq!(resolve("xl/worksheets", "../tables/table1.xml"), "xl/tables/table1.xml");
        assert_eq!(resolve("xl", "/xl/./styles.xml"), "xl/styles.xml");
        assert_eq!(resolve("xl", "../../../../etc/passwd"), "etc/passwd");
        assert_eq!(resolve("xl", "worksheets\\sheet%201.xml#A1"), "xl/worksheets/sheet 1.xml");
        assert_eq!(percent_decoded("100%, %zz, %"), "100%, %zz, %");
    }
}
