//! Builds small xlsx files for the tests, byte by byte, so that broken ones can be built too.
#![allow(dead_code)]

use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};
use std::io::Write;

const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
pub const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006/relationships";

/// A workbook with one or more sheets, whose parts have unusual names on purpose.
#[derive(Default)]
pub struct Book {
    sheets: Vec<(String, String)>,
    /// Inside `workbook`, before and after the list of sheets.
    pub head: String,
    pub tail: String,
    names: String,
    links: String,
    pub parts: Vec<(String, Vec<u8>)>,
}

impl Book {
    pub fn new() -> Book {
        Book::default()
    }

    /// A sheet by the XML inside `worksheet`.
    pub fn sheet(mut self, name: &str, content: &str) -> Book {
        self.sheets.push((name.to_owned(), content.to_owned()));
        self
    }

    /// A sheet by the XML inside `sheetData`.
    pub fn rows(self, name: &str, rows: &str) -> Book {
        self.sheet(name, &format!("<sheetData>{rows}</sheetData>"))
    }

    pub fn name(self, name: &str, text: &str) -> Book {
        self.name_with(name, text, "")
    }

    pub fn name_with(mut self, name: &str, text: &str, attributes: &str) -> Book {
        let text = text.replace('&', "&amp;").replace('<', "&lt;");
        self.names += &format!("<definedName name=\"{name}\" {attributes}>{text}</definedName>");
        self
    }

    /// A part that the workbook part links to.
    pub fn linked(mut self, kind: &str, part: &str, content: &str) -> Book {
        let id = format!("rIdX{}", self.parts.len());
        self.links += &relationship(&id, kind, part, false);
        self.part(&format!("xl/{part}"), content)
    }

    pub fn part(mut self, path: &str, content: &str) -> Book {
        self.parts.push((path.to_owned(), content.as_bytes().to_vec()));
        self
    }

    pub fn workbook_xml(&self) -> String {
        let sheet = |(index, (name, _)): (usize, &(String, String))| {
            let number = index + 1;
            format!("<sheet name=\"{name}\" sheetId=\"{number}\" r:id=\"rId{number}\"/>")
        };
        let sheets: String = self.sheets.iter().enumerate().map(sheet).collect();
        let names = &self.names;
        format!(
            "<workbook xmlns=\"{MAIN}\" xmlns:r=\"{OFFICE}\">{}<sheets>{sheets}</sheets>\
             <definedNames>{names}</definedNames>{}</workbook>",
            self.head, self.tail
        )
    }

    /// All parts, in the order in which they are packed.
    pub fn all_parts(&self) -> Vec<(String, Vec<u8>)> {
        let mut parts = vec![
            ("_rels/.rels".to_owned(), links(&relationship("rId1", "officeDocument", "/xl/book.xml", false))),
            ("xl/book.xml".to_owned(), self.workbook_xml().into_bytes()),
        ];
        let mut inner = self.links.clone();
        for (index, (_, content)) in self.sheets.iter().enumerate() {
            let number = index + 1;
            inner +=
                &relationship(&format!("rId{number}"), "worksheet", &format!("./pages/p{number}.xml"), false);
            let sheet = format!("<worksheet xmlns=\"{MAIN}\" xmlns:r=\"{OFFICE}\">{content}</worksheet>");
            parts.push((format!("xl/pages/p{number}.xml"), sheet.into_bytes()));
        }
        parts.push(("xl/_rels/book.xml.rels".to_owned(), links(&inner)));
        parts.extend(self.parts.iter().cloned());
        parts
    }

    pub fn bytes(&self) -> Vec<u8> {
        zip(&self.all_parts())
    }
}

pub fn relationship(id: &str, kind: &str, target: &str, external: bool) -> String {
    let mode = if external { "External" } else { "Internal" };
    format!("<Relationship Id=\"{id}\" Type=\"{OFFICE}/{kind}\" Target=\"{target}\" TargetMode=\"{mode}\"/>")
}

/// A list of relationships.
pub fn links(inner: &str) -> Vec<u8> {
    format!("<?xml version=\"1.0\"?><Relationships xmlns=\"{PACKAGE}\">{inner}</Relationships>").into_bytes()
}

/// Packs entries as they come: names can repeat.
pub fn zip(parts: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut archive = Archive::default();
    for (name, content) in parts {
        archive.add(name, content, content.len() as u32, 0);
    }
    archive.finish()
}

/// A zip archive that can lie about sizes.
#[derive(Default)]
pub struct Archive {
    bytes: Vec<u8>,
    directory: Vec<u8>,
    count: u16,
}

impl Archive {
    /// Adds an entry that claims to unpack to `declared` bytes; flag 1 says that it is encrypted.
    pub fn add(&mut self, name: &str, content: &[u8], declared: u32, flags: u16) {
        let mut crc = Crc::new();
        crc.update(content);
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(content).unwrap();
        let packed = encoder.finish().unwrap();
        let mut fields = Vec::new();
        for field in [20, flags, 8, 0, 0x21] {
            fields.extend(u16::to_le_bytes(field));
        }
        for field in [crc.sum(), packed.len() as u32, declared] {
            fields.extend(u32::to_le_bytes(field));
        }
        fields.extend(u16::to_le_bytes(name.len() as u16));
        fields.extend(u16::to_le_bytes(0));
        let start = self.bytes.len() as u32;
        self.directory.extend(b"PK\x01\x02\x14\x00");
        self.directory.extend(&fields);
        self.directory.extend([0; 10]);
        self.directory.extend(u32::to_le_bytes(start));
        self.directory.extend(name.as_bytes());
        self.bytes.extend(b"PK\x03\x04");
        self.bytes.extend(&fields);
        self.bytes.extend(name.as_bytes());
        self.bytes.extend(packed);
        self.count += 1;
    }

    pub fn finish(mut self) -> Vec<u8> {
        let start = self.bytes.len() as u32;
        self.bytes.extend(&self.directory);
        self.bytes.extend(b"PK\x05\x06\x00\x00\x00\x00");
        self.bytes.extend([self.count, self.count].into_iter().flat_map(u16::to_le_bytes));
        self.bytes.extend(u32::to_le_bytes(self.directory.len() as u32));
        self.bytes.extend(u32::to_le_bytes(start));
        self.bytes.extend([0, 0]);
        self.bytes
    }
}
