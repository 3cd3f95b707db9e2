//! A random workbook that follows from the bytes (see `choices`), with random records, is held to what is promised of
//! every workbook.

use crate::choices::Choices;
use crate::generator;
use crate::promises::{self, limits};
use crate::service::packed;
use execd_model::xlsx;

pub fn run(bytes: &[u8]) {
    let mut choices = Choices::new(bytes);
    let text = generator::workbook(&mut choices);
    let Some(archive) = packed(&text) else { panic!("not packed: {text}") };
    match xlsx::read(&archive, &limits(std::sync::Arc::default())) {
        Ok(book) => {
            promises::keep(book, |cells| (0..cells).map(|_| generator::constant(&mut choices)).collect())
        }
        Err(error) => panic!("{error} in {text}"),
    }
}

/// The workbook that the bytes stand for, as text for `corpus/xlsx`.
pub fn text(bytes: &[u8]) -> String {
    generator::workbook(&mut Choices::new(bytes))
}
