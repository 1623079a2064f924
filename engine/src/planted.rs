//! Bugs on purpose, to prove that the simulator's checkers see them.
//!
//! A hook is one line: `if planted::on(Bug::SetKeepsExpiry) { ... }`. Without the feature `planted`, which only
//! the simulator's proof turns on, `on` is a constant `false` and nothing of a hook remains. With it, at most
//! one bug is planted at a time, by name. `sim/src/planted.rs` says which scenario must catch which bug within
//! how many seeds.

/// One way to be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bug {
    /// SET leaves the expiry that the key had.
    SetKeepsExpiry,
    /// Keys expire two seconds before their time.
    ExpiresEarly,
    /// SET IFEQ sets whatever the key holds.
    IfeqAlwaysHolds,
    /// The first byte of a request that came in two parts is lost when it came alone.
    LosesLoneByte,
    /// The last byte of what a slow socket took is sent again.
    SendsByteTwice,
    /// Now and then a change is not told to replicas.
    LosesEffect,
    /// A partial resync leaves one byte out.
    ResumesTooLate,
    /// A replica that went on with the old primary after the promotion of another is taken for one that
    /// did not.
    ForgetsWhereOldNameEnds,
}

impl Bug {
    pub const ALL: [Bug; 8] = [
        Bug::SetKeepsExpiry,
        Bug::ExpiresEarly,
        Bug::IfeqAlwaysHolds,
        Bug::LosesLoneByte,
        Bug::SendsByteTwice,
        Bug::LosesEffect,
        Bug::ResumesTooLate,
        Bug::ForgetsWhereOldNameEnds,
    ];
}

/// Whether this bug is planted.
#[cfg(not(feature = "planted"))]
#[inline(always)]
pub const fn on(_: Bug) -> bool {
    false
}

#[cfg(feature = "planted")]
std::thread_local! {
    static PLANTED: std::cell::Cell<Option<Bug>> = const { std::cell::Cell::new(None) };
}

/// Whether this bug is planted.
#[cfg(feature = "planted")]
pub fn on(bug: Bug) -> bool {
    PLANTED.get() == Some(bug)
}

/// Plants a bug in this thread, or none.
#[cfg(feature = "planted")]
pub fn plant(bug: Option<Bug>) {
    PLANTED.set(bug);
}
