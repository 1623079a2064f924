//! The scratch tree in which a unit runs: links to the suite, and to the server under judgement in the place
//! where the suite looks for redis-server.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

/// A scratch tree, removed when dropped.
pub struct Tree {
    pub root: PathBuf,
}

impl Tree {
    /// Lays out a tree called `name`. `server` is what the suite will start; the other tools come from
    /// `peers`, whose `redis-src` is the suite.
    ///
    /// # Errors
    /// The suite is not there, or a link cannot be made.
    pub fn new(name: &str, peers: &Path, server: &Path) -> Result<Tree, String> {
        let suite = peers.join("redis-src/tests");
        if !suite.join("test_helper.tcl").is_file() {
            return Err(format!("no suite in {}; peers/install --source brings it", suite.display()));
        }
        let root = std::env::temp_dir().join(format!("rewind-upstream-{}-{name}", std::process::id()));
        let tree = Tree { root };
        tree.fill(&suite, peers, server).map_err(|error| format!("{}: {error}", tree.root.display()))?;
        Ok(tree)
    }

    fn fill(&self, suite: &Path, peers: &Path, server: &Path) -> std::io::Result<()> {
        let (src, tests) = (self.root.join("src"), self.root.join("tests"));
        fs::create_dir_all(&src)?;
        fs::create_dir_all(tests.join("support"))?;
        fs::create_dir_all(tests.join("tmp"))?;
        symlink(fs::canonicalize(server)?, src.join("redis-server"))?;
        for tool in ["redis-cli", "redis-benchmark", "redis-check-rdb", "redis-check-aof"] {
            symlink(fs::canonicalize(peers.join("bin").join(tool))?, src.join(tool))?;
        }
        link_all(suite, &tests, &["support", "tmp"])?;
        link_all(&suite.join("support"), &tests.join("support"), &["util.tcl"])?;
        let prelude = Path::new(env!("CARGO_MANIFEST_DIR")).join("upstream/prelude.tcl");
        let util = suite.join("support/util.tcl");
        let sourced = format!("source {{{}}}\nsource {{{}}}\n", util.display(), prelude.display());
        fs::write(tests.join("support/util.tcl"), sourced)
    }
}

fn link_all(from: &Path, to: &Path, except: &[&str]) -> std::io::Result<()> {
    for entry in fs::read_dir(from)? {
        let name = entry?.file_name();
        if !except.iter().any(|skipped| name == *skipped) {
            symlink(fs::canonicalize(from.join(&name))?, to.join(&name))?;
        }
    }
    Ok(())
}

impl Drop for Tree {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.root);
    }
}
