//! gzip and zstd around a whole file, both ways. Neither is unpacked further than it is read.

use crate::files::kind::Packing;
use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use std::io::{self, Read, Write};
use zstd::stream::{read, write};

/// The bytes inside. Several packed pieces one after the other are read as one.
pub fn unpacked(packing: Packing, bytes: impl Read + Send + 'static) -> io::Result<Box<dyn Read + Send>> {
    Ok(match packing {
        Packing::Gzip => Box::new(MultiGzDecoder::new(bytes)),
        Packing::Zstd => Box::new(read::Decoder::new(bytes)?),
    })
}

/// Packs what is written, or passes it on.
pub enum Packer<W: Write> {
    Plain(W),
    Gzip(GzEncoder<W>),
    Zstd(write::Encoder<'static, W>),
}

impl<W: Write> Packer<W> {
    pub fn new(packing: Option<Packing>, bytes: W) -> io::Result<Packer<W>> {
        Ok(match packing {
            None => Packer::Plain(bytes),
            Some(Packing::Gzip) => Packer::Gzip(GzEncoder::new(bytes, Compression::fast())),
            Some(Packing::Zstd) => Packer::Zstd(write::Encoder::new(bytes, ZSTD_LEVEL)?),
        })
    }

    /// Writes what is still held back and the end of the packed bytes.
    pub fn finish(self) -> io::Result<()> {
        match self {
            Packer::Plain(bytes) => Ok(bytes),
            Packer::Gzip(encoder) => encoder.finish(),
            Packer::Zstd(encoder) => encoder.finish(),
        }?
        .flush()
    }
}

/// The calculation must not wait for it.
const ZSTD_LEVEL: i32 = 1;

impl<W: Write> Write for Packer<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Packer::Plain(writer) => writer.write(bytes),
            Packer::Gzip(writer) => writer.write(bytes),
            Packer::Zstd(writer) => writer.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Packer::Plain(writer) => writer.flush(),
            Packer::Gzip(writer) => writer.flush(),
            Packer::Zstd(writer) => writer.flush(),
        }
    }
}
