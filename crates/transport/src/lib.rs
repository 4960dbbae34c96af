//! RTP between peers: ICE and DTLS-SRTP over the webrtc crate.

#![forbid(unsafe_code)]
