//! Where records or answers are: a path, and what it stands for.

use std::path::{Path, PathBuf};

/// The path may be a pipe from or to somewhere else, whose name and size are then told beside it.
#[derive(Clone, Debug, Default)]
pub struct Place {
    /// `-` is standard input or output.
    pub path: PathBuf,
    /// What it is called in messages, and what its suffix says; the path if left out.
    pub name: Option<String>,
    /// How many bytes come from a pipe, if that is known.
    pub bytes: Option<u64>,
    /// A pipe that takes requests for ranges of a Parquet file, see `ranged`; the answers come from the path.
    pub ranges: Option<PathBuf>,
}

impl<P: AsRef<Path> + ?Sized> From<&P> for Place {
    fn from(path: &P) -> Place {
        Place { path: path.as_ref().to_owned(), ..Place::default() }
    }
}

impl Place {
    pub fn is_dash(&self) -> bool {
        self.path == Path::new("-")
    }

    /// The name whose suffix tells the format.
    pub fn named(&self) -> &Path {
        self.name.as_deref().map_or(&self.path, Path::new)
    }

    /// What it is called in messages.
    pub fn called(&self) -> String {
        self.named().display().to_string()
    }

    pub fn is_same_file(&self, other: &Place) -> bool {
        let file = |place: &Place| place.path.is_file().then(|| place.path.canonicalize().ok()).flatten();
        file(self).is_some_and(|path| file(other) == Some(path))
    }
}
