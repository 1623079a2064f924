//! Replays every plan in this folder: failures once found, shrunk, and kept so that they stay fixed.

use sim::plan::Plan;
use sim::run::{Make, run_twice};
use sim::server::Server;
use std::path::Path;
use std::rc::Rc;

#[test]
fn no_plan_of_the_corpus_fails_any_more() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "plan"));
    paths.sort();
    assert!(!paths.is_empty(), "the corpus is never empty");
    let make: Rc<Make> = Rc::new(|plan, names, boot, _| Box::new(Server::new(plan, names, boot)));
    for path in paths {
        let text = std::fs::read_to_string(&path).unwrap();
        let plan: Plan = text.parse().unwrap_or_else(|bad| panic!("{}: {bad}", path.display()));
        let outcome = run_twice(&plan, &make);
        assert_eq!(outcome.failure, None, "{}", path.display());
        assert!(outcome.replies > 0, "{} tests nothing", path.display());
    }
}
