use execd_calc::interface::*;
use execd_serve::codec::records::Rules;
use execd_serve::codec::{decode, names::Names, scan};
use std::time::Instant;
fn main() {
    encode();
    let names = ["age", "term", "sum_insured", "rate", "region", "smoker", "start", "premium"];
    let inputs: Vec<Input> = names
        .iter()
        .enumerate()
        .map(|(i, n)| Input {
            name: n.to_string(),
            shape: Shape::Scalar,
            first_cell: i,
            defaults: vec![Constant::Number(1.0)],
            format: if *n == "start" { Format::Date } else { Format::General },
            validation: None,
            description: None,
            address: String::new(),
        })
        .collect();
    let interface = Interface { inputs, outputs: vec![] };
    let idx = Names::new(&interface);
    let limits = Default::default();
    let stop = Default::default();
    let rules = Rules { interface: &interface, names: &idx, limits: &limits, stop: &stop, date1904: false };
    let mut s = String::from("[");
    let mut a = String::from(
        "[[\"age\",\"term\",\"sum_insured\",\"rate\",\"region\",\"smoker\",\"start\",\"premium\"]",
    );
    for i in 0..507 {
        if i > 0 {
            s.push(',');
        }
        let (age, term, sum, rate, region, smoker, premium) = (
            20 + i % 50,
            5 + i % 30,
            100000.0 + (i * 137) as f64 / 7.0,
            0.013 + i as f64 * 1e-5 / 3.0,
            ["north", "south"][i % 2],
            i % 3 == 0,
            (i as f64).sqrt() * 100.0,
        );
        s += &format!(
            "{{\"age\":{age},\"term\":{term},\"sum_insured\":{sum:.2},\"rate\":{rate:.5},\"region\":\"{region}\",\"smoker\":{smoker},\"start\":\"2021-0{}-11\",\"premium\":{premium:.2}}}",
            1 + i % 9
        );
        a += &format!(
            ",[{age},{term},{sum:.2},{rate:.5},\"{region}\",{smoker},\"2021-0{}-11\",{premium}]",
            1 + i % 9
        );
    }
    s.push(']');
    a.push(']');
    for (n, t) in [("objects", &s), ("arrays", &a)] {
        for (m, f) in [("scan", 0), ("reference", 1)] {
            let mut best = f64::MAX;
            let mut all = vec![];
            for _ in 0..400 {
                let t0 = Instant::now();
                let d = if f == 0 {
                    scan::decode(t.as_bytes(), rules).unwrap()
                } else {
                    decode::decode(t, rules).unwrap()
                };
                let e = t0.elapsed().as_secs_f64() * 1e6;
                std::hint::black_box(&d);
                best = best.min(e);
                all.push(e);
            }
            all.sort_by(f64::total_cmp);
            println!(
                "{n} {m} {} bytes min {best:.1} median {:.1} us  {:.0} ns/record",
                t.len(),
                all[200],
                all[200] * 1000.0 / 507.0
            );
        }
    }
}
#[allow(dead_code)]
fn encode() {
    use execd_calc::heap::Heap;
    use execd_calc::value::Value;
    use execd_serve::codec::encode::*;
    use execd_serve::codec::notes::*;
    use execd_serve::codec::records::Layout;
    use execd_serve::codec::template::*;
    let mut heap = Heap::empty();
    let names = ["gross", "net", "tax", "total", "region", "ok", "start", "rate"];
    let outputs: Vec<Output> = names
        .iter()
        .enumerate()
        .map(|(i, n)| Output {
            name: n.to_string(),
            shape: Shape::Scalar,
            first_cell: i,
            formats: vec![if *n == "start" { Format::Date } else { Format::General }],
            description: None,
            address: String::new(),
        })
        .collect();
    let interface = Interface { inputs: vec![], outputs };
    let n = 507;
    let f = |g: &dyn Fn(f64) -> f64| -> Vec<Value> { (0..n).map(|i| Value::number(g(i as f64))).collect() };
    let cols = vec![
        f(&|i| ((1000.0 + i * 7.13) * 100.0).round() / 100.0),
        f(&|i| i.sqrt() * 333.3),
        f(&|i| (i + 0.5).ln()),
        f(&|i| i * 100.0),
        (0..n).map(|i| heap.add_text(if i % 2 == 0 { "north" } else { "south" })).collect(),
        (0..n).map(|i| Value::bool(i % 3 == 0)).collect(),
        f(&|i| 40000.0 + i),
        f(&|i| 0.013 + i * 1e-5 / 3.0),
    ];
    for layout in [Layout::Objects, Layout::Arrays] {
        let template = Template::new(&interface, &[0, 1, 2, 3, 4, 5, 6, 7], layout);
        let wording = Wording::new(&interface);
        let notes = Notes { absent: Absent::new(0), list: vec![] };
        let stop = Default::default();
        let style = Style {
            template: &template,
            wording: &wording,
            notes: &notes,
            service: "s",
            date1904: false,
            output_bytes: 1 << 30,
            stop: &stop,
        };
        let mut all = vec![];
        let mut len = 0;
        for _ in 0..400 {
            let t0 = Instant::now();
            let mut w = Written::default();
            w.block(
                &style,
                &Results { columns: cols.iter().map(|c| c.as_slice()).collect(), heap: &heap },
                0,
                n,
            )
            .unwrap();
            all.push(t0.elapsed().as_secs_f64() * 1e6);
            len = w.outputs.len();
            std::hint::black_box(&w);
        }
        all.sort_by(f64::total_cmp);
        println!(
            "encode {layout:?} {len} bytes min {:.1} median {:.1} us {:.0} ns/record",
            all[0],
            all[200],
            all[200] * 1000.0 / n as f64
        );
    }
}
