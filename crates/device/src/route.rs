//! Which system device a stream uses, and why that changed.

/// A system device by its id and its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceName {
    /// Stable id to open it by.
    pub id: String,
    /// Name for people.
    pub name: String,
}

/// Why another device is in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RouteCause {
    /// The app chose it.
    Selected,
    /// The one in use went away; with no other to take its place there is silence.
    Lost,
    /// The chosen one, or any after there was none, is there again.
    Returned,
    /// The default is followed, and it is another one now.
    DefaultChanged,
}

/// A stream changed from one device to another, without an end of the stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteChange {
    /// What was in use; None after a loss without a substitute.
    pub from: Option<DeviceName>,
    /// What is in use now; None when there is none.
    pub to: Option<DeviceName>,
    /// Why.
    pub cause: RouteCause,
}

/// Is told of each change of a stream's device, on the thread that made it. It must return soon and must not use the
/// stream's guard.
pub type RouteHook = Box<dyn Fn(RouteChange) + Send + Sync>;
