//! libopus as it is: the `opus` crate offers neither DRED nor deep concealment, and keeps to itself the
//! encoder and decoder that they are settings of.
//!
//! The only `unsafe` of the crate. Each object owns one allocation of libopus, made in `new` and
//! freed in `drop`; no pointer leaves this module.

#![allow(unsafe_code, reason = "the codec is a C library")]

use crate::Channels;
use opusic_sys as ffi;
use std::ffi::{CStr, c_int};
use std::ptr::NonNull;

const RATE: i32 = crate::SAMPLE_RATE_HZ as i32;

/// What libopus answered instead of doing it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("libopus: {}", describe(*.code))]
pub struct OpusError {
    code: i32,
}

impl OpusError {
    /// The error code of `opus_defines.h`, negative.
    pub fn code(self) -> i32 {
        self.code
    }
}

fn describe(code: i32) -> &'static str {
    // SAFETY: libopus answers any code with a string of its own that is never freed.
    let text = unsafe { CStr::from_ptr(ffi::opus_strerror(code)) };
    text.to_str().unwrap_or("unknown error")
}

fn checked(code: c_int) -> Result<usize, OpusError> {
    usize::try_from(code).map_err(|_| OpusError { code })
}

fn length(bytes: usize) -> i32 {
    i32::try_from(bytes).unwrap_or(i32::MAX)
}

/// A setting of the encoder that takes one number.
#[derive(Debug, Clone, Copy)]
#[repr(i32)]
pub(super) enum Setting {
    Bitrate = ffi::OPUS_SET_BITRATE_REQUEST,
    Complexity = ffi::OPUS_SET_COMPLEXITY_REQUEST,
    Signal = ffi::OPUS_SET_SIGNAL_REQUEST,
    InbandFec = ffi::OPUS_SET_INBAND_FEC_REQUEST,
    PacketLossPercent = ffi::OPUS_SET_PACKET_LOSS_PERC_REQUEST,
    Dtx = ffi::OPUS_SET_DTX_REQUEST,
    Bandwidth = ffi::OPUS_SET_BANDWIDTH_REQUEST,
    /// `OPUS_AUTO`, 1 or 2.
    CodedChannels = ffi::OPUS_SET_FORCE_CHANNELS_REQUEST,
    /// In units of 10 ms.
    DredDuration = ffi::OPUS_SET_DRED_DURATION_REQUEST,
}

/// `OpusEncoder`, 48 kHz.
#[derive(Debug)]
pub(super) struct RawEncoder {
    state: NonNull<ffi::OpusEncoder>,
    channels: usize,
}

// SAFETY: libopus keeps no thread-local state; the encoder is reached through `&mut` only.
unsafe impl Send for RawEncoder {}

impl RawEncoder {
    /// `application` is one of `OPUS_APPLICATION_*`.
    pub(super) fn new(channels: Channels, application: c_int) -> Result<Self, OpusError> {
        let channels = channels.count();
        let mut code = 0;
        // SAFETY: `code` outlives the call; the arguments are plain numbers.
        let state = unsafe { ffi::opus_encoder_create(RATE, channels as c_int, application, &mut code) };
        NonNull::new(state).map(|state| Self { state, channels }).ok_or(OpusError { code })
    }

    /// Samples are interleaved; their number a multiple of the channels.
    pub(super) fn encode(&mut self, samples: &[f32], out: &mut [u8]) -> Result<usize, OpusError> {
        let frame = length(samples.len() / self.channels);
        // SAFETY: libopus reads `frame × channels` samples, which there are, and writes at most
        // `out.len()` bytes.
        checked(unsafe {
            ffi::opus_encode_float(
                self.state.as_ptr(),
                samples.as_ptr(),
                frame,
                out.as_mut_ptr(),
                length(out.len()),
            )
        })
    }

    pub(super) fn set(&mut self, setting: Setting, value: i32) -> Result<(), OpusError> {
        // SAFETY: every `Setting` takes one 32-bit integer.
        checked(unsafe { ffi::opus_encoder_ctl(self.state.as_ptr(), setting as c_int, value) }).map(|_| ())
    }

    pub(super) fn lookahead(&mut self) -> Result<usize, OpusError> {
        let mut samples: i32 = 0;
        // SAFETY: this request writes one 32-bit integer through the pointer, which outlives it.
        checked(unsafe {
            ffi::opus_encoder_ctl(
                self.state.as_ptr(),
                ffi::OPUS_GET_LOOKAHEAD_REQUEST,
                std::ptr::from_mut(&mut samples),
            )
        })?;
        Ok(usize::try_from(samples).unwrap_or(0))
    }
}

impl Drop for RawEncoder {
    fn drop(&mut self) {
        // SAFETY: made by `opus_encoder_create`, freed once.
        unsafe { ffi::opus_encoder_destroy(self.state.as_ptr()) }
    }
}

/// `OpusDecoder`, 48 kHz: libopus makes as many channels as it is made for of whatever a packet has.
#[derive(Debug)]
pub(super) struct RawDecoder {
    state: NonNull<ffi::OpusDecoder>,
    channels: usize,
}

// SAFETY: as of `RawEncoder`.
unsafe impl Send for RawDecoder {}

impl RawDecoder {
    pub(super) fn new(channels: Channels) -> Result<Self, OpusError> {
        let channels = channels.count();
        let mut code = 0;
        // SAFETY: `code` outlives the call.
        let state = unsafe { ffi::opus_decoder_create(RATE, channels as c_int, &mut code) };
        NonNull::new(state).map(|state| Self { state, channels }).ok_or(OpusError { code })
    }

    /// Without a packet: conceals what `out` holds. With `fec`: the copy of what came before it. Counts samples of one
    /// channel.
    pub(super) fn decode(
        &mut self,
        packet: Option<&[u8]>,
        fec: bool,
        out: &mut [f32],
    ) -> Result<usize, OpusError> {
        let (data, bytes) = packet.map_or((std::ptr::null(), 0), |packet| (packet.as_ptr(), packet.len()));
        // SAFETY: libopus reads `bytes` bytes of `data` and writes at most this many samples of each channel.
        checked(unsafe {
            ffi::opus_decode_float(
                self.state.as_ptr(),
                data,
                length(bytes),
                out.as_mut_ptr(),
                length(out.len() / self.channels),
                c_int::from(fec),
            )
        })
    }

    /// Fills `out` with what begins `before` samples before the packet of `dred`.
    pub(super) fn decode_dred(
        &mut self,
        dred: &RawDred,
        before: usize,
        out: &mut [f32],
    ) -> Result<usize, OpusError> {
        // SAFETY: `dred` is initialised (`RawDred::new`) and only read; at most this many samples of
        // each channel are written.
        checked(unsafe {
            ffi::opus_decoder_dred_decode_float(
                self.state.as_ptr(),
                dred.content.as_ptr(),
                length(before),
                out.as_mut_ptr(),
                length(out.len() / self.channels),
            )
        })
    }

    /// From complexity 5 on what is missing is concealed by a neural network.
    pub(super) fn set_complexity(&mut self, complexity: i32) -> Result<(), OpusError> {
        // SAFETY: the request takes one 32-bit integer.
        checked(unsafe {
            ffi::opus_decoder_ctl(self.state.as_ptr(), ffi::OPUS_SET_COMPLEXITY_REQUEST, complexity)
        })
        .map(|_| ())
    }

    pub(super) fn reset(&mut self) {
        // SAFETY: the request takes no argument; it cannot fail on a decoder that was made.
        unsafe { ffi::opus_decoder_ctl(self.state.as_ptr(), ffi::OPUS_RESET_STATE) };
    }
}

impl Drop for RawDecoder {
    fn drop(&mut self) {
        // SAFETY: made by `opus_decoder_create`, freed once.
        unsafe { ffi::opus_decoder_destroy(self.state.as_ptr()) }
    }
}

/// Deep redundancy of one packet: `OpusDREDDecoder` and `OpusDRED`.
#[derive(Debug)]
pub(super) struct RawDred {
    parser: NonNull<ffi::OpusDREDDecoder>,
    content: NonNull<ffi::OpusDRED>,
}

// SAFETY: as of `RawEncoder`.
unsafe impl Send for RawDred {}

/// How far back deep redundancy reaches, in samples before its packet.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DredSpan {
    /// Where it begins.
    pub from: usize,
    /// Where it ends: 0 if it goes up to the packet.
    pub to: usize,
}

impl RawDred {
    pub(super) fn new() -> Result<Self, OpusError> {
        let mut code = 0;
        // SAFETY: `code` outlives the call.
        let parser =
            NonNull::new(unsafe { ffi::opus_dred_decoder_create(&mut code) }).ok_or(OpusError { code })?;
        // SAFETY: `code` outlives the call.
        let Some(content) = NonNull::new(unsafe { ffi::opus_dred_alloc(&mut code) }) else {
            // SAFETY: made just now, freed once.
            unsafe { ffi::opus_dred_decoder_destroy(parser.as_ptr()) };
            return Err(OpusError { code });
        };
        // SAFETY: libopus leaves the allocation as it found it. Its size is the library's own, every
        // bit pattern of zeros is valid for it (numbers only), and zero means "not parsed".
        unsafe {
            let size = checked(ffi::opus_dred_get_size()).unwrap_or(0);
            std::ptr::write_bytes(content.as_ptr().cast::<u8>(), 0, size);
        }
        Ok(Self { parser, content })
    }

    /// Reads the redundancy in `packet`, of which `wanted` samples are of interest.
    pub(super) fn parse(&mut self, packet: &[u8], wanted: usize) -> Result<DredSpan, OpusError> {
        let mut end: c_int = 0;
        // SAFETY: `packet.len()` bytes are read; `end` outlives the call; both objects are ours.
        let from = checked(unsafe {
            ffi::opus_dred_parse(
                self.parser.as_ptr(),
                self.content.as_ptr(),
                packet.as_ptr(),
                length(packet.len()),
                length(wanted),
                RATE,
                &mut end,
                0,
            )
        })?;
        Ok(DredSpan { from, to: usize::try_from(end).unwrap_or(0) })
    }
}

impl Drop for RawDred {
    fn drop(&mut self) {
        // SAFETY: made by the matching functions, freed once.
        unsafe {
            ffi::opus_dred_free(self.content.as_ptr());
            ffi::opus_dred_decoder_destroy(self.parser.as_ptr());
        }
    }
}
