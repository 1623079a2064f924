//! Plays every script on a simulated Node and compares with what real Redis was recorded to answer.

use conformance::record;

/// Every script parses, and has what it will be compared with.
#[test]
fn every_script_has_its_expectations() {
    let sources = record::sources(None);
    assert!(sources.len() > 10, "only {} scripts found", sources.len());
    for source in sources {
        for resp in source.protocols() {
            if source.script.written.is_none() {
                let recorded = source.recorded(resp);
                let sent = |text: &str| text.lines().filter(|l| l.contains("> ")).count();
                let steps =
                    recorded.as_deref().map(|text| text.lines().filter(|l| !l.starts_with('<')).count());
                assert!(
                    steps >= Some(source.script.lines.len()) && sent(&source.text) > 0,
                    "{}: no recording in RESP{resp}; run the record binary",
                    source.path.display()
                );
            }
        }
    }
}
