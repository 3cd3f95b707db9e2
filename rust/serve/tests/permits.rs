//! Permits over real processes: the test starts itself again as a holder and kills it.

#![allow(clippy::unwrap_used, reason = "a failed step of a test must stop it")]

use execd_serve::permits::Permits;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

fn permit_file(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("execd-permits-{name}-{}", std::process::id()))
}

/// Not a test of its own: the process that `a_killed_process_leaves_no_permit` kills. Does nothing when run plainly.
#[test]
#[ignore = "started by another test"]
fn holder() {
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).unwrap();
    let permits = Permits::open(Path::new(line.trim()), 4).unwrap();
    let held: Vec<_> = (0..3).map(|_| permits.try_acquire().unwrap()).collect();
    println!("\nholding {}", held.len());
    std::io::stdin().read_line(&mut line).unwrap();
}

fn start_holder(path: &Path) -> Child {
    use std::io::Write;
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "holder", "--ignored", "--nocapture"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    writeln!(child.stdin.as_mut().unwrap(), "{}", path.display()).unwrap();
    let out = BufReader::new(child.stdout.take().unwrap());
    assert!(out.lines().any(|line| line.unwrap().starts_with("holding 3")));
    child
}

#[test]
fn a_killed_process_leaves_no_permit() {
    let path = permit_file("kill");
    let permits = Permits::open(&path, 4).unwrap();
    let mut child = start_holder(&path);
    assert_eq!((permits.in_use(), permits.held()), (3, 0));
    let own = permits.try_acquire().unwrap();
    assert!(permits.try_acquire().is_none(), "four are held");
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(permits.in_use(), 1);
    let again: Vec<_> = (0..3).map(|_| permits.try_acquire().unwrap()).collect();
    assert!(permits.try_acquire().is_none());
    drop((own, again));
    assert_eq!(permits.in_use(), 0);
    std::fs::remove_file(path).unwrap();
}

#[test]
fn descriptors_count_against_each_other() {
    let path = permit_file("two");
    let (one, two) = (Permits::open(&path, 3).unwrap(), Permits::open(&path, 3).unwrap());
    let a = one.try_acquire().unwrap();
    let b = two.try_acquire().unwrap();
    let c = one.try_acquire().unwrap();
    assert!(one.try_acquire().is_none() && two.try_acquire().is_none());
    assert_eq!((one.in_use(), two.in_use(), one.held(), two.held()), (3, 3, 2, 1));
    drop(b);
    let d = one.try_acquire().unwrap();
    drop((a, c, d));
    assert_eq!((one.in_use(), two.in_use()), (0, 0));
    std::fs::remove_file(path).unwrap();
}

#[test]
fn many_threads_never_hold_more_than_there_are() {
    use std::sync::atomic::{AtomicUsize, Ordering};
    let path = permit_file("threads");
    let (first, second) = (Permits::open(&path, 4).unwrap(), Permits::open(&path, 4).unwrap());
    let (running, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let permits = if thread % 2 == 0 { &first } else { &second };
            scope.spawn(|| {
                for _ in 0..500 {
                    if let Some(_permit) = permits.try_acquire() {
                        most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                        running.fetch_sub(1, Ordering::SeqCst);
                    }
                }
            });
        }
    });
    assert!((1..=4).contains(&most.load(Ordering::SeqCst)));
    assert_eq!(first.in_use(), 0);
    std::fs::remove_file(path).unwrap();
}
