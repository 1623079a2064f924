//! Plays every script on a Node in process and compares with what real Redis was recorded to answer.
#![forbid(unsafe_code)]

use conformance::node::InProcess;
use conformance::record::{self, Source};
use conformance::run;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Plays a family in both protocols. All scripts are played before the first failure ends the test.
fn replay(family: &str) {
    let sources = record::sources(Some(family));
    assert!(!sources.is_empty(), "no scripts of {family}");
    let mut failed = Vec::new();
    for source in &sources {
        let mut deviated = false;
        for resp in source.protocols() {
            let heard = run::play(&source.script, &mut InProcess::new(), resp);
            let same = matches(source, resp, &heard);
            deviated |= !same;
            if !same && source.script.deviates.is_none() {
                failed.push(source.snapshot_name(resp));
            }
        }
        if source.script.deviates.is_some() && !deviated {
            failed.push(format!("{}: as in Redis now, so the deviation can go", source.path.display()));
        }
    }
    assert!(failed.is_empty(), "these transcripts differ: {failed:#?}");
}

fn matches(source: &Source, resp: u8, heard: &str) -> bool {
    if source.script.deviates.is_some() {
        return source.recorded(resp).as_deref() == Some(heard);
    }
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(source.path.parent().expect("a script lies in a folder"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let compare = || match source.script.written {
        Some(_) => assert!(heard == source.text, "{}:\n{heard}", source.path.display()),
        None => settings.bind(|| insta::assert_snapshot!(source.snapshot_name(resp), heard)),
    };
    catch_unwind(AssertUnwindSafe(compare)).is_ok()
}

/// A test for each family, and their names.
macro_rules! families {
    ($($family:ident)*) => {
        $(
            #[test]
            fn $family() {
                replay(stringify!($family));
            }
        )*
        const FAMILIES: &[&str] = &[$(stringify!($family)),*];
    };
}

// One a line, in alphabetical order.
families! {
    array
    bitmap
    connection
    generic
    hash
    hll
    list
    protocol
    server
    set
    string
    zset
}

/// A folder of scripts that no test above names would never be played.
#[test]
fn every_family_is_played() {
    let mut families: Vec<String> = record::sources(None)
        .iter()
        .filter_map(|source| source.path.parent()?.file_name()?.to_str().map(str::to_owned))
        .collect();
    families.dedup();
    assert_eq!(families, FAMILIES);
}
