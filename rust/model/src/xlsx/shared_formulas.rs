//! The shared formulas of one sheet. A cell may come before the first cell of its shared formula, so cells get their
//! formulas when the whole sheet is read.

use crate::workbook::{Area, CellFormula, Sheet};
use hashbrown::HashMap;
use std::sync::Arc;

#[derive(Default)]
pub struct SharedFormulas {
    anchors: HashMap<u32, Vec<Anchor>>,
    children: Vec<(u32, (u32, u32))>,
}

struct Anchor {
    place: (u32, u32),
    area: Option<Area>,
    text: Arc<str>,
}

impl SharedFormulas {
    /// Adds a cell of the shared formula `index`. A cell with a text is an anchor. Excel writes one anchor, other
    /// programs may write several.
    pub fn add(&mut self, index: u32, place: (u32, u32), area: Option<Area>, text: String) {
        self.children.push((index, place));
        if !text.is_empty() {
            let anchor = Anchor { place, area, text: text.into() };
            self.anchors.entry(index).or_default().push(anchor);
        }
    }

    /// Puts the formulas into their cells. Fails with a cell that has no anchor.
    pub fn resolve(self, sheet: &mut Sheet) -> Result<(), (u32, u32)> {
        for (index, place) in self.children {
            let anchors = self.anchors.get(&index).map(Vec::as_slice).unwrap_or_default();
            let anchor = choose(anchors, place).ok_or(place)?;
            if let Some(cell) = sheet.cells.get_mut(&place) {
                cell.formula = Some(CellFormula::Shared { anchor: anchor.place, text: anchor.text.clone() });
            }
        }
        Ok(())
    }
}

/// The cell itself, else the last anchor whose area holds the cell, else the first one. A number can be used again for
/// another area of the sheet.
fn choose(anchors: &[Anchor], place: (u32, u32)) -> Option<&Anchor> {
    let holds = |anchor: &&Anchor| anchor.area.is_some_and(|area| area.contains(place.0, place.1));
    let own = anchors.iter().find(|anchor| anchor.place == place);
    own.or_else(|| anchors.iter().rev().find(holds)).or_else(|| anchors.first())
}
