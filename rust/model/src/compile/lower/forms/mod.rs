//! Functions that are not evaluated like others.

mod about;
mod conditional;
mod form;
mod index;
mod indirect;
mod lambda;
mod offset;
mod positions;
mod record_arrays;
mod subtotal;
mod table;

pub use table::{Form, Needs, names};
