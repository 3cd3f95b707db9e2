use execd_calc::interface::Constant;
use std::collections::{HashMap, BTreeMap};
fn unesc(s: &str) -> String { let mut o = String::new(); let mut it = s.chars(); while let Some(c) = it.next() { if c=='\\' { match it.next() { Some('t')=>o.push('\t'),Some('n')=>o.push('\n'),Some('r')=>o.push('\r'),Some(c)=>o.push(c),None=>{} } } else { o.push(c) } } o }
fn main() {
    let only: Vec<String> = std::env::args().skip(1).collect();
    let text = std::fs::read_to_string("/tmp/corpus.tsv").unwrap();
    let mut books: BTreeMap<(String, String), Vec<Vec<String>>> = BTreeMap::new();
    for line in text.lines() {
        let f: Vec<String> = line.split('\t').map(|s| s.to_string()).collect();
        if !only.is_empty() && !only.iter().any(|o| f[0].contains(o.as_str()) || f[1].contains(o.as_str())) { continue; }
        books.entry((f[0].clone(), f[1].clone())).or_default().push(f);
    }
    let mut totals: BTreeMap<String, [usize; 5]> = BTreeMap::new();
    let mut reasons: HashMap<String, usize> = HashMap::new();
    let mut samples = std::fs::File::create("/tmp/mismatch.tsv").unwrap();
    let mut perbook = std::fs::File::create("/tmp/perbook.tsv").unwrap();
    use std::io::Write;
    for ((folder, wb), cells) in &books {
        let t = totals.entry(folder.clone()).or_default();
        let mut b = [0usize; 4];
        let bytes = std::fs::read(format!("/work/shared/corpus/{folder}/{wb}")).unwrap();
        let start = std::time::Instant::now();
        let result = std::panic::catch_unwind(|| execd_model::recalculate(&bytes, &Default::default(), 46000.0));
        let ms = start.elapsed().as_millis();
        let rows = match result { Ok(Ok(r)) => r, Ok(Err(e)) => { eprintln!("{folder}/{wb}: {e}"); t[3] += cells.iter().filter(|c| c[4].is_empty()).count(); continue }, Err(_) => { eprintln!("PANIC {folder}/{wb}"); t[3] += cells.iter().filter(|c| c[4].is_empty()).count(); continue } };
        if ms > 1500 { eprintln!("{folder}/{wb}: {ms} ms"); }
        let got: HashMap<(String, String), &execd_model::Recalculated> = rows.iter().map(|r| ((r.sheet.clone(), r.cell.clone()), r)).collect();
        for c in cells {
            if !c[4].is_empty() { continue; }
            let want = unesc(&c[6]);
            let Some(r) = got.get(&(unesc(&c[2]), c[3].clone())) else { t[4] += 1; b[3] += 1; writeln!(samples, "MISSING\t{folder}\t{wb}\t{}\t{}\t{}", c[2], c[3], c[8]).unwrap(); continue };
            match &r.result {
                Err(u) => { t[2] += 1; b[2] += 1; *reasons.entry(u.reason.rsplit(": ").next().unwrap().chars().take(70).collect()).or_default() += 1; writeln!(samples, "UNSUPPORTED\t{folder}\t{wb}\t{}\t{}\t{}\t{}", c[2], c[3], c[8], u.reason).unwrap(); }
                Ok(v) => {
                    let ok = match (v, c[5].as_str()) {
                        (Constant::Number(x), "n") => { let w: f64 = want.parse().unwrap(); (x - w).abs() <= 1e-9 * w.abs() || (x - w).abs() <= 1e-12 }
                        (Constant::Blank, "n") => want.parse::<f64>().unwrap() == 0.0,
                        (Constant::Text(x), "s") => *x == want,
                        (Constant::Blank, "s") => want.is_empty(),
                        (Constant::Bool(x), "b") => (if *x { "TRUE" } else { "FALSE" }) == want,
                        (Constant::Error(x), "e") => x.text() == want,
                        _ => false,
                    };
                    if ok { t[0] += 1; b[0] += 1 } else { t[1] += 1; b[1] += 1; writeln!(samples, "WRONG\t{folder}\t{wb}\t{}\t{}\t{}\twant {}\tgot {:?}", c[2], c[3], c[8], c[6], v).unwrap(); }
                }
            }
        }
        writeln!(perbook, "{folder}\t{wb}\t{:?}\t{ms}", b).unwrap();
    }
    println!("{:20} {:>8} {:>8} {:>8} {:>8} {:>8}  share", "folder", "match", "wrong", "unsupp", "failed", "missing");
    for (f, t) in &totals { let all: usize = t.iter().sum(); println!("{f:20} {:8} {:8} {:8} {:8} {:8}  {:.2}%", t[0], t[1], t[2], t[3], t[4], 100.0 * t[0] as f64 / all as f64); }
    let mut r: Vec<_> = reasons.into_iter().collect(); r.sort_by_key(|x| std::cmp::Reverse(x.1));
    for (k, n) in r.iter().take(25) { println!("{n:7} {k}"); }
}
