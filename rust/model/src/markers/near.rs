//! Names that are nearly X-names (`Xinputs_A`, `X_input_A`, `XOutputTotal`) and therefore declare nothing.

use crate::report::Remark;
use crate::workbook::{DefinedName, Workbook};

/// What an author can write before the name of an input, an output or a check, without the underscore.
const WORDS: [(&str, &str); 6] = [
    ("xin", "Xinput_"),
    ("xinput", "Xinput_"),
    ("xout", "Xoutput_"),
    ("xoutput", "Xoutput_"),
    ("xvalidate", "Xvalidate_"),
    ("xvalidation", "Xvalidate_"),
];

/// Warns of a name that is no X-name and looks like one.
pub fn warn(workbook: &Workbook, name: &DefinedName) -> Option<Remark> {
    let meant = meant(&name.name)?;
    let remark = Remark::new(format!("the name {} declares nothing: did you mean {meant}?", name.name));
    let remark = remark.of_name(&name.name);
    Some(match super::target::find(workbook, name) {
        Ok(place) => remark.at(workbook, place.first_cell()),
        Err(_) => remark,
    })
}

/// The X-name that is meant by a name like one.
fn meant(name: &str) -> Option<String> {
    let name = name.trim_start_matches('_');
    if !name.starts_with(['x', 'X']) {
        return None;
    }
    let ends = name.char_indices().map(|(at, _)| at).skip(1).chain([name.len()]);
    ends.take(16)
        .filter_map(|end| {
            let (head, rest) = name.split_at_checked(end)?;
            likeness(head, rest).map(|(unlike, prefix)| (unlike, prefix, rest))
        })
        .min_by_key(|(unlike, ..)| *unlike)
        .map(|(_, prefix, rest)| match rest.trim_start_matches(is_separator) {
            "" => format!("{prefix}<name>"),
            rest => format!("{prefix}{rest}"),
        })
}

/// How unlike a prefix the head of a name is, and which prefix. None where it is no prefix.
fn likeness(head: &str, rest: &str) -> Option<((bool, bool, usize), &'static str)> {
    let letters: String = head.chars().filter(|c| !is_separator(*c)).collect::<String>().to_ascii_lowercase();
    let begins_word = head.ends_with(is_separator)
        || rest.is_empty()
        || rest.starts_with(|c: char| is_separator(c) || c.is_ascii_digit())
        || (rest.starts_with(char::is_uppercase) && head.ends_with(char::is_lowercase));
    let near = |(word, prefix): (&'static str, &'static str)| {
        // Two typos make another word of a word that is much shorter or longer.
        if letters.len().abs_diff(word.len()) > 1 || !(begins_word || letters == word && word.len() >= 6) {
            return None;
        }
        let typos = strsim::osa_distance(&letters, word);
        // A longer word tells more: `Xin_put_A` is rather `Xinput_A` than `Xinput_put_A`.
        let is_short = word.len() < 6;
        let most = if is_short { 0 } else { 2 };
        (typos <= most).then_some(((!begins_word, is_short, typos), prefix))
    };
    WORDS.into_iter().filter_map(near).min()
}

fn is_separator(c: char) -> bool {
    matches!(c, '_' | '-' | '.' | ' ' | '\\')
}

#[cfg(test)]
mod tests {
    use super::meant;

    #[test]
    fn a_name_like_an_x_name_is_meant_to_be_one() {
        for (name, x_name) in [
            ("Xinputs_A", "Xinput_A"),
            ("X_input_A", "Xinput_A"),
            ("X_Input_Sum.Insured", "Xinput_Sum.Insured"),
            ("XOutputPremium", "Xoutput_Premium"),
            ("xoutputpremium", "Xoutput_premium"),
            ("Xinput-A", "Xinput_A"),
            ("Xinput.A", "Xinput_A"),
            ("XInput2", "Xinput_2"),
            ("Ximput_A", "Xinput_A"),
            ("Xoutptu_A", "Xoutput_A"),
            ("Xouput_A", "Xoutput_A"),
            ("_Xinput_A", "Xinput_A"),
            ("XX_input_A", "Xinput_A"),
            ("XInputs", "Xinput_<name>"),
            ("Xin_put_A", "Xinput_A"),
            ("Xin_Total", "Xinput_Total"),
            ("XOutTotal", "Xoutput_Total"),
            ("Xvalidation_Age", "Xvalidate_Age"),
            ("Xvaliddate_Age", "Xvalidate_Age"),
        ] {
            assert_eq!(meant(name).as_deref(), Some(x_name), "{name}");
        }
    }

    #[test]
    fn other_names_are_left_alone() {
        for name in [
            "Input_A",
            "Xint_rate",
            "X",
            "XIRR_base",
            "Xunit_price",
            "Output",
            "Äxinput",
            "xl_rates",
            "XYZ_Input",
        ] {
            assert_eq!(meant(name), None, "{name}");
        }
    }
}
