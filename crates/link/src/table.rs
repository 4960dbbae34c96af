//! A state machine as one table: rows of (states × inputs → next state, actions).
//!
//! Every pair is decided by exactly one row, and a test holds that; so a forgotten case is a red test and
//! a changed one shows in the diagram that a snapshot holds.

#[cfg(test)]
use std::fmt::{Debug, Write as _};

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

/// The pairs that no row, or more than one, decides.
#[cfg(test)]
pub(crate) fn undecided<S: Copy + PartialEq + Debug, I: Copy + PartialEq + Debug, A>(
    table: &[Row<S, I, A>],
    states: &[S],
    inputs: &[I],
) -> Vec<String> {
    let mut wrong = Vec::new();
    for state in states {
        for input in inputs {
            let rows = table.iter().filter(|row| row.from.contains(state) && row.on.contains(input)).count();
            if rows != 1 {
                wrong.push(format!("{state:?} × {input:?}: {rows} rows"));
            }
        }
    }
    wrong
}

#[cfg(test)]
/// The table as a mermaid diagram: the transitions, and below them what is done without a transition.
pub(crate) fn diagram<S: Copy + PartialEq + Debug, I: Copy + Debug, A: Debug>(
    title: &str,
    table: &[Row<S, I, A>],
) -> String {
    let mut text = format!("---\ntitle: {title}\n---\nstateDiagram-v2\n");
    let label = |row: &Row<S, I, A>| {
        let on = row.on.iter().map(|input| format!("{input:?}")).collect::<Vec<_>>().join(" | ");
        let actions = row.actions.iter().map(|action| format!("{action:?}")).collect::<Vec<_>>().join(", ");
        if actions.is_empty() { on } else { format!("{on} / {actions}") }
    };
    for row in table {
        if let Next::Go(next) = row.next {
            for from in row.from {
                let _ = writeln!(text, "    {from:?} --> {next:?}: {}", label(row));
            }
        }
    }
    for row in table.iter().filter(|row| row.next == Next::Stay) {
        let from = row.from.iter().map(|state| format!("{state:?}")).collect::<Vec<_>>().join(", ");
        let what = if row.actions.is_empty() { "ignores" } else { "stays" };
        let _ = writeln!(text, "    %% {from} {what}: {}", label(row));
    }
    text
}
