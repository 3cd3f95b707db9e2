//! What stands between the values of a record in the answer: braces, keys, headings. Prepared once per service and
//! layout, so that writing a record is copying and formatting.

use crate::codec::decoded::Layout;
use crate::codec::encode::number_text::PIECE;
use crate::codec::encode::scalar::{write_number, write_text};
use execd_calc::interface::{Format, Heading, Interface, Output, Shape};

/// The frame around one record's values.
#[derive(Debug)]
pub struct Template {
    pub layout: Layout,
    /// The header row of the array layout.
    pub header: Option<Vec<u8>>,
    bytes: Vec<u8>,
    pub parts: Vec<Part>,
    tail: Span,
}

/// A piece of the bytes of a template.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    start: usize,
    end: usize,
}

/// One value and what is written before it.
#[derive(Clone, Debug)]
pub struct Part {
    before: Span,
    /// The same, if it is short, and anything after it.
    pub piece: [u8; PIECE],
    pub is_short: bool,
    pub cell: usize,
    pub format: Format,
    /// Number of the output, for the warning about Excel errors.
    pub output: usize,
}

impl Part {
    /// Bytes before the value.
    pub fn length(&self) -> usize {
        self.before.end - self.before.start
    }
}

impl Template {
    /// For the given outputs in this order.
    pub fn new(interface: &Interface, chosen: &[usize], layout: Layout) -> Template {
        let brackets = if layout == Layout::Objects { ["{", "}"] } else { ["[", "]"] };
        Template::within(brackets, interface, chosen, layout)
    }

    /// As objects without their braces, for records that have more fields.
    pub fn fields(interface: &Interface, chosen: &[usize]) -> Template {
        Template::within([""; 2], interface, chosen, Layout::Objects)
    }

    fn within([open, close]: [&str; 2], interface: &Interface, chosen: &[usize], layout: Layout) -> Template {
        let outputs: Vec<(usize, &Output)> =
            chosen.iter().filter_map(|&number| Some((number, interface.outputs.get(number)?))).collect();
        let tail = Span { start: 0, end: 0 };
        let mut template = Template { layout, header: None, bytes: Vec::new(), parts: Vec::new(), tail };
        let mut start = 0;
        template.bytes.extend_from_slice(open.as_bytes());
        for (position, (number, output)) in outputs.iter().enumerate() {
            if position > 0 {
                template.bytes.push(b',');
            }
            if layout == Layout::Objects {
                write_key(&mut template.bytes, &output.name);
            }
            match &output.shape {
                Shape::Scalar => template.value(&mut start, *number, output, 0),
                Shape::Table { headings, rows } => {
                    template.table(&mut start, *number, output, headings, *rows)
                }
            }
        }
        template.bytes.extend_from_slice(close.as_bytes());
        template.tail = Span { start, end: template.bytes.len() };
        if layout == Layout::Arrays {
            template.header = Some(header_row(outputs.iter().map(|(_, output)| output.name.as_str())));
        }
        template
    }

    fn table(
        &mut self,
        start: &mut usize,
        number: usize,
        output: &Output,
        headings: &[Heading],
        rows: usize,
    ) {
        self.bytes.push(b'[');
        if self.layout == Layout::Arrays {
            write_headings(&mut self.bytes, headings);
        }
        for row in 0..rows {
            if row > 0 || self.layout == Layout::Arrays {
                self.bytes.push(b',');
            }
            self.bytes.push(if self.layout == Layout::Objects { b'{' } else { b'[' });
            for (column, heading) in headings.iter().enumerate() {
                if column > 0 {
                    self.bytes.push(b',');
                }
                if self.layout == Layout::Objects {
                    write_key(&mut self.bytes, &heading.text);
                }
                self.value(start, number, output, row * headings.len() + column);
            }
            self.bytes.push(if self.layout == Layout::Objects { b'}' } else { b']' });
        }
        self.bytes.push(b']');
    }

    fn value(&mut self, start: &mut usize, number: usize, output: &Output, offset: usize) {
        let columns = output.formats.len().max(1);
        let format = output.formats.get(offset % columns).copied().unwrap_or_default();
        let before = Span { start: *start, end: self.bytes.len() };
        *start = before.end;
        let mut piece = [0; PIECE];
        let text = self.text(before);
        let place = piece.get_mut(..text.len()).filter(|place| place.len() < PIECE);
        let is_short = place.map(|place| place.copy_from_slice(text)).is_some();
        self.parts.push(Part {
            before,
            piece,
            is_short,
            cell: output.first_cell + offset,
            format,
            output: number,
        });
    }

    /// What stands before a value.
    pub fn before(&self, part: &Part) -> &[u8] {
        self.text(part.before)
    }

    /// What follows the last value.
    pub fn tail(&self) -> &[u8] {
        self.text(self.tail)
    }

    fn text(&self, Span { start, end }: Span) -> &[u8] {
        self.bytes.get(start..end).unwrap_or(&[])
    }
}

fn write_key(out: &mut Vec<u8>, key: &str) {
    write_text(out, key);
    out.push(b':');
}

/// `["A11","A33"]`
fn header_row<'a>(names: impl Iterator<Item = &'a str>) -> Vec<u8> {
    let mut out = vec![b'['];
    for (position, name) in names.enumerate() {
        if position > 0 {
            out.push(b',');
        }
        write_text(&mut out, name);
    }
    out.push(b']');
    out
}

/// A numeric heading keeps its kind in the array layout.
fn write_headings(out: &mut Vec<u8>, headings: &[Heading]) {
    out.push(b'[');
    for (position, heading) in headings.iter().enumerate() {
        if position > 0 {
            out.push(b',');
        }
        match heading.text.parse::<f64>() {
            Ok(number) if heading.numeric && number.is_finite() => write_number(out, number),
            _ => write_text(out, &heading.text),
        }
    }
    out.push(b']');
}
