//! The interface that a workbook declares with its defined names: `Xinput_<name>` and `Xoutput_<name>` (any casing)
//! on a cell or on a table, `Xvalidate_<name>` on a cell.

mod declared;
mod headings;
mod interface;
mod near;
mod solve;
mod suspicious;
mod target;
pub mod validations;

pub use declared::Declared;
pub use interface::interface;
