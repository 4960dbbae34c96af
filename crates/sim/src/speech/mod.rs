//! Measures taken from recorded speech.
