//! The shared formulas of one sheet. A cell may come before the first cell of its shared formula, so cells get their
//! formulas when the whole sheet is read.

use crate::workbook::{Area, CellFormula, Sheet};
use hashbrown::HashMap;
use std::sync::Arc;

/// Areas that one number may stand for in a sheet: every cell without a text of its own looks through them.
const MOST_AREAS: usize = 1_000;

#[derive(Default)]
pub struct SharedFormulas {
    anchors: HashMap<u32, Anchors>,
    children: Vec<(u32, (u32, u32))>,
}

/// The cells that hold a text under one number.
#[derive(Default)]
struct Anchors {
    list: Vec<Anchor>,
    by_place: HashMap<(u32, u32), usize>,
    /// The last one of each area.
    by_area: HashMap<Area, usize>,
}

struct Anchor {
    place: (u32, u32),
    text: Arc<str>,
}

impl SharedFormulas {
    /// Adds a cell of the shared formula `index`. A cell with a text is an anchor. Excel writes one anchor, other
    /// programs may write several. False if the number stands for too many areas.
    #[must_use]
    pub fn add(&mut self, index: u32, place: (u32, u32), area: Option<Area>, text: String) -> bool {
        self.children.push((index, place));
        if text.is_empty() {
            return true;
        }
        let anchors = self.anchors.entry(index).or_default();
        anchors.by_place.entry(place).or_insert(anchors.list.len());
        // The cell itself is found by its place.
        if let Some(area) = area.filter(|area| *area != Area::cell(place.0, place.1)) {
            anchors.by_area.insert(area, anchors.list.len());
        }
        anchors.list.push(Anchor { place, text: text.into() });
        anchors.by_area.len() <= MOST_AREAS
    }

    /// Puts the formulas into their cells. Fails with a cell that has no anchor.
    pub fn resolve(self, sheet: &mut Sheet) -> Result<(), (u32, u32)> {
        for (index, place) in self.children {
            let anchor = self.anchors.get(&index).and_then(|anchors| anchors.choose(place)).ok_or(place)?;
            if let Some(cell) = sheet.cells.get_mut(&place) {
                cell.formula = Some(CellFormula::Shared { anchor: anchor.place, text: anchor.text.clone() });
            }
        }
        Ok(())
    }
}

impl Anchors {
    /// The cell itself, else the last anchor whose area holds the cell, else the first one. A number can be used again
    /// for another area of the sheet.
    fn choose(&self, place: (u32, u32)) -> Option<&Anchor> {
        let holding = || {
            let areas = self.by_area.iter().filter(|(area, _)| area.contains(place.0, place.1));
            areas.map(|(_, at)| *at).max()
        };
        let at = self.by_place.get(&place).copied().or_else(holding).unwrap_or(0);
        self.list.get(at)
    }
}
