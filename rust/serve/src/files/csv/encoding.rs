//! Texts in other encodings as UTF-8. What a text cannot hold is an error: a replaced character would be a wrong value.

use encoding_rs::{Decoder, DecoderResult, Encoding, UTF_8};
use std::io::{self, Chain, Cursor, Read};

/// Bytes decoded at once.
const PIECE: usize = 1 << 16;
/// The longest mark before the first character.
const MARK: usize = 3;

pub fn named(name: &str) -> Option<&'static Encoding> {
    Encoding::for_label_no_replacement(name.trim().as_bytes())
}

/// The bytes as UTF-8. A mark before the first character says which encoding it is and is left out; else it is the one
/// that is named, else UTF-8. UTF-8 is passed on as it is.
pub fn decoded<R: Read>(mut bytes: R, named: Option<&'static Encoding>) -> io::Result<Decoded<R>> {
    let mut start = Vec::with_capacity(MARK);
    bytes.by_ref().take(MARK as u64).read_to_end(&mut start)?;
    let marked = Encoding::for_bom(&start);
    let encoding = marked.map(|(encoding, _)| encoding).or(named).unwrap_or(UTF_8);
    let start = start.split_off(marked.map_or(0, |(_, length)| length));
    let bytes = Cursor::new(start).chain(bytes);
    Ok(if encoding == UTF_8 {
        Decoded::Utf8(bytes)
    } else {
        Decoded::Other(Box::new(Texts::new(bytes, encoding)))
    })
}

pub enum Decoded<R> {
    Utf8(Bytes<R>),
    Other(Box<Texts<R>>),
}

type Bytes<R> = Chain<Cursor<Vec<u8>>, R>;

impl<R: Read> Read for Decoded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Decoded::Utf8(bytes) => bytes.read(buffer),
            Decoded::Other(texts) => texts.read(buffer),
        }
    }
}

/// Decodes piece by piece.
pub struct Texts<R> {
    bytes: Bytes<R>,
    decoder: Decoder,
    raw: Vec<u8>,
    /// Decoded, and how much of it was given out.
    text: Vec<u8>,
    given: usize,
    /// Bytes read before.
    place: u64,
    ended: bool,
}

impl<R: Read> Texts<R> {
    fn new(bytes: Bytes<R>, encoding: &'static Encoding) -> Texts<R> {
        let decoder = encoding.new_decoder_without_bom_handling();
        Texts { bytes, decoder, raw: vec![0; PIECE], text: Vec::new(), given: 0, place: 0, ended: false }
    }

    fn decode(&mut self) -> io::Result<()> {
        let count = self.bytes.read(&mut self.raw)?;
        self.ended = count == 0;
        let room = self.decoder.max_utf8_buffer_length_without_replacement(count).unwrap_or(4 * PIECE);
        self.text.resize(room, 0);
        self.given = 0;
        let raw = self.raw.get(..count).unwrap_or_default();
        let (result, read, written) =
            self.decoder.decode_to_utf8_without_replacement(raw, &mut self.text, self.ended);
        self.text.truncate(written);
        if let DecoderResult::Malformed(..) = result {
            let (name, place) = (self.decoder.encoding().name(), self.place + read as u64);
            return Err(io::Error::other(format!("not valid {name} near byte {place}")));
        }
        self.place += count as u64;
        Ok(())
    }
}

impl<R: Read> Read for Texts<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.given == self.text.len() && !self.ended {
            self.decode()?;
        }
        let count = self.text.get(self.given..).unwrap_or_default().read(buffer)?;
        self.given += count;
        Ok(count)
    }
}
