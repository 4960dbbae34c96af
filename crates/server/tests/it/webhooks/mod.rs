//! Webhooks, as whoever is told sees them: over real sockets.

mod delivery;
mod receiver;
mod safety;
mod survival;
