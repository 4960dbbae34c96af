//! How an engine is set up from C.

use std::ffi::c_void;
use std::mem::offset_of;

use crate::convert::{self, Sized_};
use crate::guard;
use crate::text::liaison_str;

/// Who owns the microphone and the speaker.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum liaison_audio_mode {
    /// The engine opens and closes the system's devices as calls need them. The default.
    Managed = 0,
    /// The app owns the devices: it pushes what it captured and pulls what it plays (liaison_audio_port).
    External = 1,
    /// No audio: nothing is captured, what comes is counted and dropped.
    None = 2,
}

/// How severe a log line is.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum liaison_log_level {
    /// Something failed that the app should know of.
    Error = 1,
    /// Something odd that was dealt with. The default.
    Warn = 2,
    /// The milestones of a connection and of a call.
    Info = 3,
    /// What an engineer of Liaison would want to see.
    Debug = 4,
    /// Everything.
    Trace = 5,
}

/// Gets one log line: its level (liaison_log_level) and its text, which lives until the hook returns and holds no
/// token and nobody's words.
///
/// It runs on the engine's threads, on several at once if need be, never on an audio thread. Every call of it into
/// the engine returns LIAISON_REENTRANT.
pub type liaison_log_hook = Option<unsafe extern "C" fn(user: *mut c_void, level: i32, line: liaison_str)>;

/// Says "poll me": events are pending. Coalesced: it comes again only after the app has found nothing pending.
///
/// It runs on the engine's threads and should only wake the app's own loop. Every call of it into the engine
/// returns LIAISON_REENTRANT.
pub type liaison_wake_hook = Option<unsafe extern "C" fn(user: *mut c_void)>;

/// A flag of liaison_engine_config: audio waits, nothing open and a port without use, until
/// liaison_engine_activate_audio. For a phone, whose system says when the app may use audio.
pub const LIAISON_ENGINE_AUDIO_INACTIVE: u64 = 1;

/// A flag of liaison_engine_config: the endpoint is Azure Communication Services behind a name of your own, for chat.
/// Hosts under communication.azure.com are known without it. That service does not look at a message's client_id, so
/// the engine looks for a message in the thread's history before it sends it again. Since: 0.1.0
pub const LIAISON_ENGINE_ENDPOINT_IS_ACS: u64 = 2;

/// A flag of liaison_engine_config: each packet tells how loud its sound is and whether it is a voice, to a peer that
/// wants to know, and the peer's are believed (RFC 6464). Whoever carries the packets can read it; 4 bytes a packet.
/// Since: 0.1.0
pub const LIAISON_ENGINE_AUDIO_LEVEL_IN_PACKETS: u64 = 4;

/// Everything an engine is told at creation. Set it up with liaison_engine_config_init; zero means default.
///
/// All text is copied by liaison_engine_new.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct liaison_engine_config {
    /// The size of this struct in bytes, as liaison_engine_config_init was told.
    pub size: usize,
    /// The service: "https://host" or "https://host:port". Required.
    pub endpoint: liaison_str,
    /// Certificates in PEM to trust instead of the platform's own: the text of the service's ca.pem, when the
    /// service made its own CA. Default: the platform's.
    pub ca_pem: liaison_str,
    /// A proxy that allows CONNECT: "http://host:port". Default: connect directly.
    pub http_proxy: liaison_str,
    /// The name shown to the people called, at most 256 bytes; a member of staff is shown with the directory's. Default:
    /// none.
    pub display_name: liaison_str,
    /// A folder of the app's own, made if need be, for what the engine keeps: chat's commands that wait, and how far the
    /// app has come in each chat thread. One engine at a time uses it. Default: nothing is kept.
    pub data_path: liaison_str,
    /// Gets the engine's log lines. Default: nothing is logged.
    pub log_hook: liaison_log_hook,
    /// Handed to log_hook as it is; the engine never looks through it. May be NULL.
    pub log_user: *mut c_void,
    /// Says "poll me". Default: none; poll, wait, or use the descriptor.
    pub wake_hook: liaison_wake_hook,
    /// Handed to wake_hook as it is; the engine never looks through it. May be NULL.
    pub wake_user: *mut c_void,
    /// The least severe level that is logged: 1 to 5 of liaison_log_level. Default: 2, warnings.
    pub log_level: i32,
    /// Who owns the microphone and the speaker: 0 to 2 of liaison_audio_mode. Default: 0, managed.
    pub audio_mode: i32,
    /// Managed audio only: where the voice comes from. Empty: the system's default microphone.
    /// "wav:PATH" plays a WAV file once in real time, then silence; "tone:HZ" a sine; "silence" nothing.
    /// Anything else is the id or name of a device; "device:NAME" for one whose name looks like one of these.
    pub capture_device: liaison_str,
    /// Managed audio only: where the peer is heard. Empty: the system's default speaker.
    /// "wav:PATH" writes a WAV file, 48 kHz 16 bits (recording what a person says needs their consent: see
    /// liaison_call_announce_recording); "discard" nothing. Anything else is the id or name of a device;
    /// "device:NAME" for one whose name looks like one of these.
    pub playout_device: liaison_str,
    /// Local addresses for media, "IP:port" separated by commas, port 0 for any; at most 16.
    /// Default: every usable interface.
    pub media_bind: liaison_str,
    /// The address that peers are told instead of the local ones, "IP:port": for a forwarded port. Default: none.
    pub media_advertise: liaison_str,
    /// Silence on the network after which a call is reported as interrupted, 100000 to 3600000000 us.
    /// Default: 3 s.
    pub reconnect_after_us: i64,
    /// Silence on the network after which a call ends with 410, 100000 to 3600000000 us. Default: 60 s.
    pub media_lost_after_us: i64,
    /// Ringing after which an unanswered call ends with 487, 100000 to 3600000000 us. Default: 85 s.
    pub no_answer_after_us: i64,
    /// How long before its expiry a token is reported as expiring, 100000 to 3600000000 us. Default: 120 s.
    pub token_refresh_before_us: i64,
    /// Any of LIAISON_ENGINE_AUDIO_INACTIVE, LIAISON_ENGINE_ENDPOINT_IS_ACS and LIAISON_ENGINE_AUDIO_LEVEL_IN_PACKETS;
    /// every other bit must be 0. Default: none.
    pub flags: u64,
    /// Echo cancellation of the microphone: 0 to 2 of liaison_processing_mode; see liaison_engine_set_processing.
    /// Default: 0, on for a microphone of the machine.
    pub echo_cancellation: i32,
    /// Noise suppression: 0 to 2 of liaison_processing_mode. Default: 0.
    pub noise_suppression: i32,
    /// Gain control: 0 to 2 of liaison_processing_mode. Default: 0.
    pub gain_control: i32,
    /// Must be 0.
    pub reserved: i32,
    /// How often LIAISON_EVENT_KIND_AUDIO_LEVELS comes for each call, 20000 to 10000000 us. Default: never.
    pub level_events_us: i64,
    /// The most that is sent: Opus and its redundancy at this rate in packets of 20 ms, 6000 to 128000 bit/s. With
    /// headers that is 25600 bit/s more on the network (33600 with IPv6), which longer or shorter packets do not exceed.
    /// Less is sent where the network carries less. Default: 32000. Since: 0.1.0
    pub audio_max_bitrate_bps: i32,
    /// 1: the sound is music and is coded for faithfulness; 0: it is speech. Since: 0.1.0
    pub audio_music: i32,
    /// 32 bytes that encrypt what is in data_path, copied; the app keeps them, in the system's key store for instance.
    /// NULL: it is not encrypted. With another key than before the folder is refused and stays as it is. Since: 0.1.0
    pub data_key: *const u8,
    /// Channels of the sound, of the audio port's samples and of recordings: 1 or 2, left and right interleaved. With 2,
    /// what is heard has two; what is captured is sent in two to a peer that asks for them, unless echo, noise or gain is
    /// switched on: that makes the microphone mono (for a microphone of the machine it is on by default). To and from a
    /// peer of one channel both sides of it are the same. Two channels are sent at 64000 bit/s by default.
    /// Default: 1. Since: 0.1.0
    pub audio_channels: i32,
    /// Sound in one packet that is sent, always: 2500, 5000, 10000, 20000, 40000, 60000, 80000, 100000 or 120000 us. Under
    /// 10000 the packets' headers come on top of audio_max_bitrate_bps: some 200 kbit/s at 2500. Default: what the network
    /// and the machine are good for, 10000 to 60000. Since: 0.1.0
    pub audio_packet_time_us: i32,
}

// SAFETY: repr(C), size first, and zero is valid for pointers, optional hooks and numbers.
unsafe impl Sized_ for liaison_engine_config {
    const FIRST_SIZE: usize = offset_of!(Self, flags) + size_of::<u64>();
}

/// Sets a config to its defaults: everything zero but the size.
///
/// Parameters:
/// - config: written; may not be NULL.
/// - size: sizeof(liaison_engine_config) as the program was compiled.
///
/// Returns: LIAISON_OK; LIAISON_INVALID_ARGUMENT when config is NULL or size is no version's size.
///
/// Threads: any, also inside a hook.
/// Memory: the config is the caller's.
/// Since: 0.1.0
///
/// # Safety
/// `config` is NULL or points to `size` writable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn liaison_engine_config_init(config: *mut liaison_engine_config, size: usize) -> i32 {
    // SAFETY: the caller's promise; all-zero is a valid config, as its `Sized_` says.
    guard::anywhere(|| unsafe { convert::write_sized(config, size, &std::mem::zeroed()) })
}

/// What a call is started with. Set it up with liaison_call_options_init; zero means default.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct liaison_call_options {
    /// The size of this struct in bytes, as liaison_call_options_init was told.
    pub size: usize,
    /// Must be 0.
    pub flags: u64,
}

// SAFETY: repr(C), size first, and zero is valid for numbers.
unsafe impl Sized_ for liaison_call_options {
    const FIRST_SIZE: usize = offset_of!(Self, flags) + size_of::<u64>();
}

/// Sets call options to their defaults: everything zero but the size.
///
/// Parameters:
/// - options: written; may not be NULL.
/// - size: sizeof(liaison_call_options) as the program was compiled.
///
/// Returns: LIAISON_OK; LIAISON_INVALID_ARGUMENT when options is NULL or size is no version's size.
///
/// Threads: any, also inside a hook.
/// Memory: the options are the caller's.
/// Since: 0.1.0
///
/// # Safety
/// `options` is NULL or points to `size` writable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn liaison_call_options_init(options: *mut liaison_call_options, size: usize) -> i32 {
    // SAFETY: the caller's promise; all-zero is valid, as its `Sized_` says.
    guard::anywhere(|| unsafe { convert::write_sized(options, size, &std::mem::zeroed()) })
}
