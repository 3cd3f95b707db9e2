//! What a rule asks of a value, and what it says of one.

use crate::stop::StopSignal;
use execd_calc::interface::{Bound, Constant, Limit, Rule};
use execd_calc::numbers::digits::general;
use execd_calc::semantics::coerce::number_from_text;
use execd_calc::values::budget::{Holding, Refusal};
use execd_calc::values::heap::Heap;
use execd_calc::values::value::{Unpacked, Value};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// The lists of a block by their handles: its records share few of them. Where they would be more than the execution may
/// hold, the earlier ones are forgotten.
pub struct Lists<'a> {
    by_handle: HashMap<u64, Rc<Offers>>,
    bytes: usize,
    holding: &'a Holding,
}

impl<'a> Lists<'a> {
    pub fn new(holding: &'a Holding) -> Lists<'a> {
        Lists { by_handle: HashMap::new(), bytes: 0, holding }
    }

    /// Bytes that they may take.
    pub fn limit(&self) -> usize {
        self.holding.limit()
    }

    /// The list with this handle.
    fn of(
        &mut self,
        handle: u64,
        entries: impl Iterator<Item = Constant> + Clone,
        stop: &StopSignal,
    ) -> Result<Rc<Offers>, Refusal> {
        if let Some(known) = self.by_handle.get(&handle) {
            return Ok(Rc::clone(known));
        }
        let mut offers = Offers::new(entries.clone(), stop, |bytes| self.holding.cover(self.bytes + bytes));
        if offers.is_err() && !self.by_handle.is_empty() {
            self.forget();
            offers = Offers::new(entries, stop, |bytes| self.holding.cover(bytes));
        }
        let offers = Rc::new(offers?);
        self.bytes += offers.bytes;
        self.by_handle.insert(handle, Rc::clone(&offers));
        Ok(offers)
    }

    fn forget(&mut self) {
        self.by_handle.clear();
        self.bytes = 0;
        self.holding.reset();
    }
}

impl Drop for Lists<'_> {
    fn drop(&mut self) {
        if self.bytes > 0 {
            self.forget();
        }
    }
}

/// What a rule asks of the values of one record.
pub enum Check {
    Everything,
    Nothing,
    Number { bound: Bound<f64>, whole: bool },
    Length(Bound<f64>),
    List(Rc<Offers>),
}

impl Check {
    /// `result` gives the record's results of the rules' plan. Of no use once the execution is to stop; refused where the
    /// list of a record is more than the execution may hold.
    pub fn new(
        rule: &Rule,
        heap: &Heap,
        date1904: bool,
        lists: &mut Lists<'_>,
        stop: &StopSignal,
        result: impl Fn(usize) -> Value,
    ) -> Result<Check, Refusal> {
        let limit = |limit: Limit| match limit {
            Limit::Constant(x) => Ok(x),
            Limit::Result(number) => match result(number).unpack() {
                Unpacked::Blank => Err(Check::Everything),
                Unpacked::Bool(b) => Ok(f64::from(u8::from(b))),
                other => number_of(other, heap, date1904).ok_or(Check::Nothing),
            },
        };
        let bounded = match rule {
            Rule::Whole(bound) => bound.with(limit).map(|bound| Check::Number { bound, whole: true }),
            Rule::Decimal(bound) | Rule::Date(bound) | Rule::Time(bound) => {
                bound.with(limit).map(|bound| Check::Number { bound, whole: false })
            }
            Rule::TextLength(bound) => bound.with(limit).map(Check::Length),
            Rule::List(entries) => {
                // No list of a record: the workbook's own, of its size.
                let offers = Offers::new(entries.iter().cloned(), stop, |_| Ok(()))?;
                Ok(Check::List(Rc::new(offers)))
            }
            Rule::ListFrom(number) => Ok(Check::listed(result(*number), heap, lists, stop)?),
            Rule::Holds(number) => Ok(match result(*number).unpack() {
                Unpacked::Blank | Unpacked::Bool(true) => Check::Everything,
                _ => Check::Nothing,
            }),
        };
        Ok(bounded.unwrap_or_else(|check| check))
    }

    fn listed(list: Value, heap: &Heap, lists: &mut Lists<'_>, stop: &StopSignal) -> Result<Check, Refusal> {
        let entries = match list.unpack() {
            Unpacked::Blank => return Ok(Check::Everything),
            Unpacked::Error(_) => return Ok(Check::Nothing),
            Unpacked::Array(id) => heap.array(id).cells.as_slice(),
            _ => &[list],
        };
        let entries = entries.iter().map(|&entry| Constant::of(heap, entry));
        lists.of(list.bits(), entries, stop).map(Check::List)
    }

    /// Whether the value must be one of several.
    pub fn is_list(&self) -> bool {
        matches!(self, Check::List(_))
    }

    pub fn judge(&self, heap: &Heap, value: Value, date1904: bool) -> Verdict {
        let verdict = |passes| if passes { Verdict::Passes } else { Verdict::Fails };
        match (self, value.unpack()) {
            (Check::Everything, _) | (_, Unpacked::Omitted | Unpacked::Error(_)) => Verdict::Passes,
            (_, Unpacked::Blank) => Verdict::Blank,
            (Check::Nothing, _) => Verdict::Fails,
            (Check::Number { bound, whole }, kind) => match number_of(kind, heap, date1904) {
                Some(x) if bound.admits(x) && (!whole || x.fract() == 0.0) => match kind {
                    Unpacked::Text(_) => Verdict::PassesAs(x),
                    _ => Verdict::Passes,
                },
                _ => Verdict::Fails,
            },
            (Check::Length(bound), Unpacked::Text(id)) => {
                verdict(bound.admits(heap.text(id).encode_utf16().count() as f64))
            }
            (Check::Length(bound), Unpacked::Number(x)) => verdict(bound.admits(general(x).len() as f64)),
            (Check::Length(bound), Unpacked::Bool(b)) => verdict(bound.admits(b.to_string().len() as f64)),
            (Check::List(offers), Unpacked::Number(x)) => verdict(offers.number(x)),
            (Check::List(offers), Unpacked::Bool(b)) => {
                verdict(offers.text(if b { "true" } else { "false" }))
            }
            (Check::List(offers), Unpacked::Text(id)) => offers.judge(heap.text(id)),
            (_, Unpacked::Array(_)) => Verdict::Fails,
        }
    }
}

/// What a check says of a value.
pub enum Verdict {
    Passes,
    /// A text passes because it reads as this number.
    PassesAs(f64),
    /// There is no value: the validation says whether that passes.
    Blank,
    Fails,
}

/// Numbers, and texts that read as one.
fn number_of(value: Unpacked, heap: &Heap, date1904: bool) -> Option<f64> {
    match value {
        Unpacked::Number(x) => Some(x),
        Unpacked::Text(id) => number_from_text(heap.text(id), date1904),
        _ => None,
    }
}

/// The values of a list. Blanks offer nothing.
pub struct Offers {
    texts: HashSet<String>,
    /// Their bits; zero has no sign.
    numbers: HashSet<u64>,
    /// What they take in memory, about.
    bytes: usize,
}

/// Bytes that an entry takes beside its text.
const ENTRY: usize = 64;

impl Offers {
    /// As many of the entries as there is time for. `hold` is asked for the bytes of all before each is added.
    fn new(
        entries: impl Iterator<Item = Constant>,
        stop: &StopSignal,
        hold: impl Fn(usize) -> Result<(), Refusal>,
    ) -> Result<Offers, Refusal> {
        let (mut texts, mut numbers, mut bytes) = (HashSet::new(), HashSet::new(), 0);
        for entry in entries.take_while(|_| !stop.is_raised()) {
            bytes += ENTRY + if let Constant::Text(text) = &entry { text.len() } else { 0 };
            hold(bytes)?;
            match entry {
                Constant::Blank => {}
                Constant::Number(x) => drop(numbers.insert(bits(x))),
                Constant::Bool(b) => drop(texts.insert(b.to_string())),
                Constant::Error(code) => drop(texts.insert(code.text().to_lowercase())),
                Constant::Text(text) => {
                    numbers.extend(finite(&text).map(bits));
                    texts.insert(text.to_lowercase());
                }
            }
        }
        Ok(Offers { texts, numbers, bytes })
    }

    fn number(&self, x: f64) -> bool {
        self.numbers.contains(&bits(x))
    }

    fn text(&self, text: &str) -> bool {
        self.texts.contains(&text.to_lowercase())
    }

    /// A number that the list offers counts as that number, as it would if it were typed into the cell.
    fn judge(&self, text: &str) -> Verdict {
        match finite(text) {
            Some(x) if self.number(x) => Verdict::PassesAs(x),
            _ if self.text(text) => Verdict::Passes,
            _ => Verdict::Fails,
        }
    }
}

fn bits(x: f64) -> u64 {
    (x + 0.0).to_bits()
}

/// The number that a text of a list reads as.
fn finite(text: &str) -> Option<f64> {
    text.trim().parse().ok().filter(|x: &f64| x.is_finite())
}
