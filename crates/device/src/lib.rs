//! Microphone and speaker: cpal, files, tones, the app-owned port; wait-free rings.
