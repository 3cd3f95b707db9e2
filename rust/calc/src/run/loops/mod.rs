//! Steps as loops over columns. From the bottom up.

pub mod lane;

pub mod cpu;

pub mod columns;

mod arithmetic;

mod dates;

mod lookups;

mod powers;

mod rates;

pub mod columnar;

pub mod steps;
