//! Where answers go: a file, standard output, or anything that writes.

use crate::error::ServeError;
use crate::files::kind::{self, FileKind, Packing, SUFFIXES};
use crate::files::piped::PipeWriter;
use crate::files::place::Place;
use crate::stop::StopSignal;
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What takes the bytes of answers, their format, and what they are called in messages. Every format is written from
/// front to back.
pub struct Target<'w> {
    pub name: String,
    pub kind: FileKind,
    pub packing: Option<Packing>,
    pub bytes: Box<dyn Write + Send + 'w>,
}

impl<'w> Target<'w> {
    pub fn new(name: &str, kind: FileKind, bytes: impl Write + Send + 'w) -> Target<'w> {
        Target { name: name.to_owned(), kind, packing: None, bytes: Box::new(bytes) }
    }
}

/// The name of a file to be written, and what it says about the format.
pub struct TargetName<'p> {
    place: &'p Place,
    name: String,
    kind: Option<FileKind>,
    packing: Option<Packing>,
}

impl TargetName<'_> {
    /// `kind` comes before what the suffix says.
    pub fn new(place: &Place, kind: Option<FileKind>) -> Result<TargetName<'_>, ServeError> {
        let (suffix, packing) = kind::of_name(place.named());
        let name = if place.is_dash() { "standard output".to_owned() } else { place.called() };
        let kind = kind.or(suffix);
        if kind.is_none() && kind::suffix(place.named()).is_some() {
            return Err(ServeError::file(&name, SUFFIXES));
        }
        Ok(TargetName { place, name, kind, packing })
    }

    /// Creates the file. `like` is the format if nothing else says one. Devices and pipes are written as they are, until
    /// `stop` is raised; a file gets its name by `PartFile::keep`.
    pub fn create(
        self,
        like: FileKind,
        stop: &Arc<StopSignal>,
    ) -> Result<(Option<PartFile>, Target<'static>), ServeError> {
        let path = &self.place.path;
        let opened = if self.place.is_dash() {
            // Not by `io::stdout`, which looks for line ends in what it is given.
            io::stdout().as_fd().try_clone_to_owned().map(|file| (None, File::from(file)))
        } else if path.metadata().is_ok_and(|found| !found.is_file()) {
            File::options().write(true).open(path).map(|file| (None, file))
        } else {
            PartFile::create(path).map(|(part, file)| (Some(part), file))
        };
        let opened = opened.and_then(|(part, file)| Ok((part, writer(file, stop)?)));
        let (part, bytes) = opened.map_err(|error| ServeError::file(&self.name, error))?;
        let target = Target::new(&self.name, self.kind.unwrap_or(like), bytes);
        Ok((part, Target { packing: self.packing, ..target }))
    }
}

fn writer(file: File, stop: &Arc<StopSignal>) -> io::Result<Box<dyn Write + Send>> {
    if file.metadata()?.is_file() {
        return Ok(Box::new(file));
    }
    Ok(Box::new(PipeWriter::start(file, Arc::clone(stop))?))
}

/// A file under a temporary name. It gets its own name when it is whole, and is removed otherwise. A link stays, and the
/// file that it leads to is replaced.
pub struct PartFile {
    part: PathBuf,
    path: PathBuf,
}

impl PartFile {
    fn create(path: &Path) -> io::Result<(PartFile, File)> {
        let path = linked(path)?;
        let mut part = path.clone().into_os_string();
        part.push(".part");
        let part = PartFile { part: PathBuf::from(part), path };
        let file = File::create(&part.part)?;
        Ok((part, file))
    }

    /// Gives the file its own name.
    pub fn keep(self) -> Result<(), ServeError> {
        let synced = File::open(&self.part).and_then(|file| file.sync_all());
        let renamed = synced.and_then(|()| std::fs::rename(&self.part, &self.path));
        renamed.map_err(|error| ServeError::file(&self.path.to_string_lossy(), error))
    }
}

/// More links are taken for a circle, as Linux does.
const MOST_LINKS: usize = 40;

/// Where a path leads. There need not be a file yet.
fn linked(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..MOST_LINKS {
        match std::fs::read_link(&path) {
            // A relative link starts in its own folder.
            Ok(target) => path = path.parent().unwrap_or(Path::new("")).join(target),
            Err(_) => return Ok(path),
        }
    }
    Err(io::Error::other("links that lead in a circle"))
}

impl Drop for PartFile {
    fn drop(&mut self) {
        // After `keep` there is nothing left under this name.
        let _ = std::fs::remove_file(&self.part);
    }
}
