//! The call's state machine as one table, in three parts: an endpoint's leg, the switchboard's call, and
//! the call's recording. Each row is (states × inputs → next state, actions).
//!
//! Every pair is decided by exactly one row, and a test holds that; so a forgotten case is a red test, and
//! a changed one shows in the committed diagram (`snapshots/`).

pub(crate) mod call;
pub(crate) mod leg;
pub(crate) mod recording;
#[cfg(test)]
mod tests;

/// What a row does to the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next<S> {
    /// Nothing changes.
    Stay,
    /// The machine is in this state now.
    Go(S),
}

/// One rule.
pub(crate) struct Row<S: 'static, I: 'static, A: 'static> {
    pub from: &'static [S],
    pub on: &'static [I],
    pub next: Next<S>,
    pub actions: &'static [A],
}

/// A rule that moves to another state.
pub(crate) const fn go<S: Copy, I, A>(
    from: &'static [S],
    on: &'static [I],
    next: S,
    actions: &'static [A],
) -> Row<S, I, A> {
    Row { from, on, next: Next::Go(next), actions }
}

/// A rule that stays.
pub(crate) const fn stay<S, I, A>(
    from: &'static [S],
    on: &'static [I],
    actions: &'static [A],
) -> Row<S, I, A> {
    Row { from, on, next: Next::Stay, actions }
}

/// A rule that does nothing: the input is late, repeated, or means nothing here.
pub(crate) const fn ignore<S, I, A>(from: &'static [S], on: &'static [I]) -> Row<S, I, A> {
    Row { from, on, next: Next::Stay, actions: &[] }
}

/// What the table says for this pair. A pair without a row, which a test excludes, changes nothing.
pub(crate) fn decide<S: Copy + PartialEq, I: Copy + PartialEq, A>(
    table: &'static [Row<S, I, A>],
    state: S,
    input: I,
) -> (Next<S>, &'static [A]) {
    table
        .iter()
        .find(|row| row.from.contains(&state) && row.on.contains(&input))
        .map_or((Next::Stay, &[]), |row| (row.next, row.actions))
}
